"""A study that may be left: by whoever does not agree, and in the middle of a game that takes the keys of a dialog."""

from counting import Counting, draw

import interactive_gym as ig


class Endless(Counting):
    def step(self, action):
        start, reward, _, truncated, info = super().step(action)
        return start, reward, False, truncated, info


experiment = (
    ig.Experiment("leaving")
    .scenes(
        ig.StartScene("welcome").content(header="Welcome"),
        ig.StaticScene("consent")
        .content(header="Consent", body="<p>We ask you to play a game.</p>", button="I agree")
        .consent(refuse="I do not agree"),
        ig.GymScene("count")
        .environment(Endless)
        .runtime(loading_timeout=300)
        .rendering(draw=draw, fps=20, width=400, height=200)
        .gameplay(actions={"ArrowRight": 1, "Enter": 1, " ": 2, "Escape": 2}, default_action=0)
        .content(header="Count", game_text="<p>Right, or Space.</p>")
        .leaving(question="<p>Do you want to stop? <b>What you have played is kept.</b></p>"),
        ig.EndScene("thanks"),
    )
    .outcome("withdrew", body="<p>Thank you. Your time is paid.</p>", code=True)
    .outcome("withdrew", redirect="https://platform.example/done?cc={code}&who={PROLIFIC_PID}")
    .outcome("consent_refused", redirect="https://platform.example/refused?who={PROLIFIC_PID}", redirect_after=2)
    .recruitment("prolific", codes={"completed": ig.secret("CODE_COMPLETED")})
)
