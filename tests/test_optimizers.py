"""PyTorch's optimizers as the grader has them: they do not import the compiler."""

import subprocess
import sys

# In a process of its own: in this one, another test may have used an optimizer before.
CODE = """
import sys, types, torch
from autograder.optimizers import without_compiler

def trained(kind):
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimizer = kind(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.ones(4, 3)).square().mean().backward()
        optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    return torch.cat([p.detach().flatten() for p in model.parameters()])

without_compiler(torch)
KINDS = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop)
alone = [trained(kind) for kind in KINDS]
assert "torch._dynamo" not in sys.modules

# Once the compiler is there, PyTorch's own methods run: they tell it what to leave alone.
told = []
compiler = types.ModuleType("torch._dynamo")
compiler.graph_break = lambda: told.append("step")
compiler.disable = lambda function, *_, **__: told.append(function.__name__) or function
sys.modules["torch._dynamo"] = torch._dynamo = compiler
assert all(torch.equal(a, trained(kind)) for a, kind in zip(alone, KINDS))
assert {"step", "add_param_group", "zero_grad", "state_dict", "load_state_dict"} <= {*told}
"""


def test_optimizers_work_without_the_compiler_and_with_it():
    subprocess.run([sys.executable, "-c", CODE], check=True)
