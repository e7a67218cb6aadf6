"""The check of a SavedModel; runs as a program in a process without this package.

`python -I <this folder> <version folder>` makes a package of the modules beside
`__main__.py`; they may import one another relatively, and nothing of `tfgan_contra`.
"""
