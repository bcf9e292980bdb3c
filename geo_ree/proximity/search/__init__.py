"""The compiled search for the nearest segment; `geo_ree.proximity.index` is its front door.

`segments` takes geometries apart, `tree` sorts and searches them, `kernels` holds the loops that
lay data out, `packets` the walk through the tree, `cells` and `cell_distances` the loops of
rasters, `simd` the instructions for eight numbers at once, `index_files` the stored form.
"""
