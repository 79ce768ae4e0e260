"""What every check is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from landmarks.data_check.faces import Faces
from landmarks.data_check.finding import Finding
from landmarks.data_check.pictures import Signatures


class Check(ABC):
    """Looks at all faces and reports what is wrong with them."""

    @abstractmethod
    def __call__(self, faces: Faces, signatures: Signatures) -> Sequence[Finding]:
        """The findings, the gravest first.

        Args:
            faces: All faces that could be read.
            signatures: What their pictures look like.
        """


__all__ = ["Check"]
