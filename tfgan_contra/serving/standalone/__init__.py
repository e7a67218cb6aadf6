"""The check of a SavedModel; runs as a program in a process without this package.

`python -I <this folder> <version folder>` finds its modules beside `__main__.py`, so
nothing here may import `tfgan_contra`.
"""
