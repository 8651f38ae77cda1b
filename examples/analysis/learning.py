"""How groups learn, and whether a long way between them costs points.

Run it cell by cell in an editor that knows ``# %%``, or as a whole: python learning.py data/my-study my-scene
It prints two tables, and draws learning.svg and rtt.svg in the working folder. Needs interactive-gym[pandas].
"""

# %% The data: a study, and a game that several people play in it
import sys
from pathlib import Path

from interactive_gym.data import load

folder, scene = sys.argv[1:] or ("data/my-study", "my-scene")
study = load(folder)

# %% Episodes that every player recorded alike, as far as their records go
episodes = study.episodes[study.episodes.scene_id == scene]
sound = episodes[episodes.parity.ne("mismatch").fillna(True)]
print(f"{len(sound)} of {len(episodes)} episodes of {scene}")

# %% The score of each: all rewards of all players
frames = study.frames(scene)
of_people = frames[frames.participant_id.notna()]
score = of_people.groupby(["session_id", "episode"]).rewards.sum().rename("score")
score = score[score.index.isin(sound.set_index(["session_id", "episode"]).index)]

# %% Learning: a row for each group, a column for each episode
curves = score.unstack("episode")
print("\nScore by episode\n", curves.describe().loc[["count", "mean", "std"]].round(2).to_string())

# %% The median way between the players of a group, there and back, and how they did
rtt = study.links.groupby("session_id").rtt_ms_median.mean().rename("rtt_ms")
groups = curves.mean(axis="columns").rename("score").to_frame().join(rtt, how="inner")
print(
    "\nScore by round trip (ms)\n",
    groups.groupby(groups.rtt_ms // 50 * 50).score.agg(["count", "mean"]).round(2).to_string(),
)
print(f"\nrank correlation: {groups.rank().corr().loc['rtt_ms', 'score']:.2f}")


# %% Pictures, without a library for them
def draw(path, lines, points, across, up):
    """Lines and points in the coordinates of the data, with the ends of both axes."""
    every = [point for line in lines for point in line] + points
    (left, right), (low, high) = ((min(axis), max(axis)) for axis in zip(*every, strict=True))

    def place(x, y):
        return f"{60 + 520 * (x - left) / (right - left or 1):.1f},{330 - 290 * (y - low) / (high - low or 1):.1f}"

    shapes = [f'<polyline points="{" ".join(place(*point) for point in line)}"/>' for line in lines]
    shapes += [f'<circle r="3" cx="{x}" cy="{y}"/>' for x, y in (place(*point).split(",") for point in points)]
    words = [(60, 352, f"{left:g}"), (560, 352, f"{right:g}"), (280, 370, across)]
    words += [(10, 333, f"{low:g}"), (10, 44, f"{high:g}"), (10, 22, up)]
    style = "polyline{fill:none;stroke:#2a6f97;opacity:.4}circle{fill:#c1440e;opacity:.6}text{font:13px sans-serif}"
    texts = [f'<text x="{x}" y="{y}">{word}</text>' for x, y, word in words]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 380"><style>{style}</style>'
    Path(path).write_text("\n".join([head, *texts, *shapes, "</svg>"]), encoding="utf-8")


learning = [list(curve.dropna().items()) for _, curve in curves.iterrows()]
draw("learning.svg", learning, list(curves.mean().items()), "episode", "score of each group, and their mean")
draw("rtt.svg", [], list(zip(groups.rtt_ms, groups.score, strict=True)), "round trip in ms", "mean score of a group")
