import Command

await Gossamer.launch()
