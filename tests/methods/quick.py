"""Parameters with which each method takes a moment."""

from mirimpute.methods.flow_parameters import Solver

FAST = {
    "mirf": {
        "rounds": 2,
        "steps": 8,
        "final_steps": 8,
        "width": 16,
        "batch": 32,
        "chains": 2,
        "trees": 3,
    },
    "chained": {"rounds": 2, "chains": 2, "solver": Solver(steps=3)},
    "hyper": {"trees": 5, "iterations": 5, "rounds": 2, "folds": 2},
    "missforest": {"trees": 10},
    "mirf_paper": {"hidden_width": 16, "epochs": 2, "rounds": 2, "solver_steps": 3},
    "gain": {"steps": 5, "width": 8, "batch": 16, "draws": 2, "draws_of_mean": 2},
    "sinkhorn": {"rounds": 2, "steps": 2, "batch": 8, "draws": 3},
    "knewimp": {"rounds": 2, "steps": 4, "batch": 16, "width": 8, "flow_steps": 3, "draws": 3},
    "missdiff": {"rounds": 2, "steps": 4, "batch": 16, "width": 8, "solver_steps": 3, "repeats": 2, "draws": 3},
    "tabcsdi": {"rounds": 2, "steps": 4, "batch": 16, "width": 8, "solver_steps": 3, "draws": 3},
    "diffputer": {"rounds": 2, "steps": 4, "batch": 16, "width": 8, "solver_steps": 3, "repeats": 2, "draws": 3},
    "remasker": {"epochs": 2, "width": 8, "depth": 1, "decoder_depth": 1, "heads": 2},
    "cacti": {"epochs": 2, "width": 8, "depth": 1, "decoder_depth": 1, "heads": 2},
    "miwae": {"steps": 5, "width": 8, "batch": 16, "importance": 5, "draws": 2},
    "tdm": {"rounds": 2, "steps": 2, "batch": 8, "width": 4, "draws": 3},
}
