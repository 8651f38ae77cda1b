"""A page whose script talks with a hook, and one whose script is broken."""

import interactive_gym as ig

ASKING = """
<p>What is half of <b id="number">ten</b>? <button type="button" id="say">Five</button></p>
<p id="answer"></p>
<script>
  const show = () => {
    const { grade, secret, mood } = interactiveGym.attributes;
    document.querySelector("#answer").textContent = JSON.stringify([grade ?? null, secret ?? null, mood ?? null]);
  };
  interactiveGym.addEventListener("attributes", show);
  document.querySelector("#say").addEventListener("click", async () => {
    await interactiveGym.set("mood", "sure");
    await interactiveGym.send("answer", { half: 5 });
    interactiveGym.set("grade", "perfect").catch((error) => (document.body.dataset.refused = error.reason));
  });
  show();
</script>
"""

BROKEN = """
<p>Nothing to see.</p>
<script>
  console.log("at work", { step: 1 });
  console.error("out of milk");
  setTimeout(() => { throw new TypeError("no cow"); });
  Promise.reject(new RangeError("no meadow"));
</script>
"""


async def grade(said):
    mood = said.study.attributes(said.participant_id)["mood"]
    right = said.name == "answer" and said.data == {"half": 5}
    said.study.set_attributes(said.participant_id, {"grade": f"{mood} and {'right' if right else 'wrong'}"})
    said.study.add("graded")


experiment = (
    ig.Experiment("hooked")
    .attributes(initial={"secret": "hidden"}, from_page=["mood"], hidden=["secret"])
    .hooks(message=grade)
    .scenes(
        ig.StartScene("welcome").content(header="Welcome"),
        ig.StaticScene("asking").content(header="Asking", body=ASKING),
        ig.StaticScene("broken").content(header="Broken", body=BROKEN),
        ig.EndScene("thanks").content(header="Thanks"),
    )
)
