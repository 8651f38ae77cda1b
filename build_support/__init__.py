"""What has to be built before the package can be installed: the client, and Pyodide with numpy.

``hatch_build.py`` calls :func:`build_support.assets.build` while a wheel, an sdist or an editable install is made, and
``python -m build_support`` does the same in a checkout. Both do nothing when nothing has changed.
"""
