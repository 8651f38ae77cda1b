"""The data of a study as files for others: CSV, Parquet, Minari, Overcooked-AI's table, a Psych-DS folder.

``study`` says what is exported, and reads it an episode at a time; ``survey`` goes through it once, to know the columns
and their types; ``writing`` has each format written beside its place and put there when it is complete.
"""

from interactive_gym.export.writing import FORMATS, Wish, export

__all__ = ["FORMATS", "Wish", "export"]
