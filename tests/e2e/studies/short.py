"""Two pages and no game."""

import interactive_gym as ig

experiment = ig.Experiment("short").scenes(
    ig.StartScene("welcome").content(header="First version", body="<p>Hello.</p>"),
    ig.StaticScene("age").content(header="Age", body='<label>Age <input name="age"></label>'),
    ig.EndScene("thanks").content(header="Thank you"),
)
