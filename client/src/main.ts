document.querySelector("#page")?.append("Loading");
