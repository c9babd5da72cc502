"""Makes adapter.json beside this file: `python make_adapter.py`. Loss, gradients and Adam's steps of a linear map of queries under InfoNCE, by PyTorch."""
import json
from pathlib import Path

import torch
import torch.nn.functional as F

here = Path(__file__).parent
torch.manual_seed(3)
DIM, RATE, TEMPERATURE, REGULARIZATION = 12, 0.01, 0.02, 0.01


def unit(rows):
    data = F.normalize(torch.randn(rows, DIM) + 0.5, dim=-1)
    return torch.tensor([[float(f"{x:.6g}") for x in row] for row in data.tolist()])


linear = torch.nn.Linear(DIM, DIM)
with torch.no_grad():
    linear.weight.copy_(torch.eye(DIM))
    linear.bias.zero_()
adam = torch.optim.Adam(linear.parameters(), lr=RATE)
steps = []
for rows, passages in [(5, 19), (8, 24), (1, 3), (7, 9)]:
    queries, corpus = unit(rows), unit(passages)
    targets = torch.randperm(passages)[:rows]
    ignored = [[int(j) for j in torch.randperm(passages)[: i % 3] if j != targets[i]] for i in range(rows)]
    scores = F.normalize(linear(queries), dim=-1) @ corpus.T / TEMPERATURE
    for i, others in enumerate(ignored):
        scores[i, others] = -torch.inf
    loss = F.cross_entropy(scores, targets)
    whole = loss + REGULARIZATION * (((linear.weight - torch.eye(DIM)) ** 2).sum() + (linear.bias**2).sum())
    adam.zero_grad()
    whole.backward()
    step = {"queries": queries.tolist(), "passages": corpus.tolist(), "targets": targets.tolist(), "ignored": ignored}
    step |= {"loss": loss.item(), "lossWithRegularization": whole.item()}
    step |= {"weightGradient": linear.weight.grad.flatten().tolist(), "biasGradient": linear.bias.grad.tolist()}
    adam.step()
    step |= {"weight": linear.weight.detach().flatten().tolist(), "bias": linear.bias.detach().tolist()}
    steps.append(step)


def short(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list):
        return [short(one) for one in value]
    return {name: short(one) for name, one in value.items()} if isinstance(value, dict) else value


options = {"dim": DIM, "learningRate": RATE, "temperature": TEMPERATURE, "regularization": REGULARIZATION}
(here / "adapter.json").write_text(json.dumps({"meta": {"torch": torch.__version__}, **options, "steps": short(steps)}) + "\n")
