"""Python that the tests run in Pyodide too."""
