import pytest

from interactive_gym.errors import EnvError
from interactive_gym.game.recorder import Recorder
from interactive_gym.records import Row


@pytest.mark.parametrize(
    ("frames", "chunks"),
    [
        (1, [(0, -1, 2)]),
        (9, [(0, -1, 10)]),
        (10, [(0, -1, 11)]),
        (11, [(0, -1, 11), (1, 10, 1)]),
        (20, [(0, -1, 11), (1, 10, 10)]),
        (25, [(0, -1, 11), (1, 10, 10), (2, 20, 5)]),
    ],
)
def test_chunk_k_holds_the_kth_second(frames, chunks):
    recorder = Recorder(fps=10)
    finished = []
    for frame in range(-1, frames):
        finished += recorder.add(Row(frame), last=frame == frames - 1)
    assert [(done.index, done.packed.first, done.packed.count) for done in finished] == chunks


def test_at_one_frame_per_second_the_reset_still_travels_with_frame_0():
    recorder = Recorder(fps=1)
    assert recorder.add(Row(-1), last=False) == []
    (done,) = recorder.add(Row(0), last=False)
    assert (done.index, done.packed.first, done.packed.count) == (0, -1, 2)
    assert done.head() == {"index": 0, "first": -1, "rows": 2, "digest": done.packed.digest}


def test_a_recording_may_go_on_in_the_middle():
    recorder = Recorder(fps=10)
    finished = [done for frame in range(20, 30) for done in recorder.add(Row(frame), last=False)]
    assert [(done.index, done.packed.first) for done in finished] == [(2, 20)]


def test_what_is_left_of_an_episode_that_was_broken_off():
    recorder = Recorder(fps=10)
    for frame in range(-1, 13):
        recorder.add(Row(frame), last=False)
    (rest,) = recorder.finish()
    assert (rest.index, rest.packed.first, rest.packed.count) == (1, 10, 3)
    assert recorder.finish() == []


@pytest.mark.parametrize(("frame", "stage"), [(-1, "reset"), (3, "step")])
def test_what_cannot_be_recorded_is_the_fault_of_the_reset_or_the_step(frame, stage):
    with pytest.raises(EnvError, match=r"infos\['0'\] cannot be recorded") as raised:
        Recorder(fps=10).add(Row(frame, infos={"0": object()}), last=False)
    assert raised.value.stage == stage and "Traceback" in raised.value.detail
