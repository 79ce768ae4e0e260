"""Faces drawn procedurally, so that every landmark's position is known exactly.

`template` holds the curves of a mean 3-D face, `modes` the ways in which faces differ,
`annotation` where each markup's landmarks lie on the curves, `parameters` what is drawn at random
for one face, `projection` takes the curves to the picture, `coverage` fills polygons with exact
antialiasing, and `face` paints it all.
"""
