"""The server, tested through its doors: HTTP and Socket.IO against a running uvicorn."""
