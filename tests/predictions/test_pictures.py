from landmarks.predictions.pictures import Pictures

NAMES = ["afw/1.jpg", "helen/testset/1.jpg", "lfpw/testset/2.png", "lfpw/testset/2.png"]


def test_a_full_name_beats_an_ending():
    pictures = Pictures([*NAMES, "1.jpg"])
    assert pictures.called("1.jpg") == ["1.jpg"]
    assert pictures.called("afw/1.jpg") == ["afw/1.jpg"]


def test_an_ending_is_told_folder_by_folder():
    pictures = Pictures(NAMES)
    assert pictures.called("testset/1.jpg") == ["helen/testset/1.jpg"]
    assert pictures.called("/data/300w/afw/1.jpg") == ["afw/1.jpg"]
    assert pictures.called(r".\lfpw\testset\2.png") == ["lfpw/testset/2.png"]
    assert pictures.called("set/1.jpg") == []
    assert pictures.called("other/2.png") == []
    assert pictures.called("") == []


def test_an_ending_that_several_share_means_all_of_them():
    assert Pictures(NAMES).called("1.jpg") == NAMES[:2]


def test_faces_and_numbers():
    pictures = Pictures(NAMES)
    assert len(pictures) == 3
    assert pictures.faces("lfpw/testset/2.png") == (2, 3)
    assert [pictures.numbered(n) for n in (0, 1, 3, 4, -1)] == [
        None, "afw/1.jpg", "lfpw/testset/2.png", None, None,
    ]  # fmt: skip
