"""Faces drawn procedurally, so that every landmark's position is known exactly.

`template` holds the curves of a mean 3-D face, `modes` the ways in which faces differ,
`annotation` where each markup's landmarks lie on the curves, `parameters` all that is needed to
draw one face and `drawing` draws it at random. `projection` takes the curves to the picture,
`coverage` fills polygons with exact antialiasing, `painter` lays them over one another, and `head`,
`features`, `accessories` and `photo_effects` say what is painted; `face` puts it together.
"""
