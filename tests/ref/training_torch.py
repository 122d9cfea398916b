#!/usr/bin/env python3
"""training_torch.py > tests/unit/training_torch.h: losses and optimiser steps by PyTorch (2.13.0) on fixed numbers, for the unit tests of src/nn."""
import math
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
N, WEIGHT_N, STEPS = 7, 6, 5
logit = [2.5 * math.sin(1.7 * i + 0.3) for i in range(N)]
label = [1, 0, 1, 1, 0, 1, 1]


def row(name, values, kind="double"):
    print("static const %s %s[] = {%s};" % (kind, name, ", ".join("%.17g" % v for v in values)))


def loss(name, f):
    z = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
    value = f(z)
    value.backward()
    row(name, [value.item()] + z.grad.tolist())


def sigmoid_focal(z, y, alpha, gamma):
    """torchvision.ops.sigmoid_focal_loss(reduction="mean")"""
    p = torch.sigmoid(z)
    ce = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    value = ce * (1 - (p * y + (1 - p) * (1 - y))) ** gamma
    return ((alpha * y + (1 - alpha) * (1 - y)) * value if alpha >= 0 else value).mean()


y = torch.tensor(label, dtype=torch.float64)
print("/* Made by tests/ref/training_torch.py with PyTorch %s: the loss, then its gradient; values behind each of %d steps. */" % (torch.__version__.split("+")[0], STEPS))
row("torch_logit", logit)
row("torch_label", label)
weight = torch.where(y == 1, N / (2 * y.sum()), N / (2 * (N - y.sum())))
loss("torch_binary", lambda z: F.binary_cross_entropy_with_logits(z, y))
loss("torch_balanced", lambda z: F.binary_cross_entropy_with_logits(z, y, weight=weight))
loss("torch_focal", lambda z: sigmoid_focal(z, y, 0.25, 2.0))
z = torch.tensor(logit[:6], dtype=torch.float64).reshape(2, 3).requires_grad_()
value = F.cross_entropy(z, torch.tensor([2, 0]))
value.backward()
row("torch_classes", [value.item()] + z.grad.flatten().tolist())


def steps(name, make, decay_all):
    weight = torch.tensor([math.cos(0.9 * i) for i in range(WEIGHT_N)], dtype=torch.float64, requires_grad=True)
    bias = torch.tensor([math.sin(0.4 * i + 1) for i in range(2)], dtype=torch.float64, requires_grad=True)
    groups = [{"params": [weight]}, {"params": [bias], **({} if decay_all else {"weight_decay": 0.0})}]
    optimiser = make(groups)
    after = []
    for t in range(STEPS):
        for group in optimiser.param_groups:
            group["lr"] = 0.01 * (t + 1)
        weight.grad = torch.tensor([math.sin(1.3 * i + t) for i in range(WEIGHT_N)], dtype=torch.float64)
        bias.grad = torch.tensor([math.cos(0.7 * i + 2 * t) for i in range(2)], dtype=torch.float64)
        optimiser.step()
        after += weight.tolist() + bias.tolist()
    row(name, after)


steps("torch_adamw", lambda g: torch.optim.AdamW(g, weight_decay=0.1), False)
steps("torch_adam", lambda g: torch.optim.Adam(g, weight_decay=0.1), True)
steps("torch_sgd", lambda g: torch.optim.SGD(g, lr=1, momentum=0.9, weight_decay=0.1), True)
steps("torch_nesterov", lambda g: torch.optim.SGD(g, lr=1, momentum=0.8, weight_decay=0.1, nesterov=True), True)
w = torch.zeros(1, requires_grad=True)
optimiser = torch.optim.SGD([w], lr=1e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 20)
rates = []
for e in range(20):
    rates.append(optimiser.param_groups[0]["lr"])
    optimiser.step()
    schedule.step()
row("torch_cosine", rates)


def wave(shape, k, height):
    """height sin(0.37 k + 0.73 i), i counting the values: what nn_trainer.c computes too"""
    n = math.prod(shape)
    return torch.tensor([height * math.sin(0.37 * k + 0.73 * i) for i in range(n)], dtype=torch.float32).reshape(shape)


def curve(name, steps):
    """The plain 2D net of the patch benchmark on 8 images of 12 x 12, all in one batch, Adam with L2, 20 steps."""
    layers = []
    for i, o, pool in ((1, 16, 1), (16, 32, 1), (32, 64, 0)):
        layers += [torch.nn.Conv2d(i, o, 3, padding=1, bias=False), torch.nn.BatchNorm2d(o), torch.nn.ReLU()] + [torch.nn.MaxPool2d(2)] * pool
    net = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(64, 1))
    with torch.no_grad():
        for k, (parameter_name, parameter) in enumerate(net.named_parameters()):
            if parameter.dim() > 1:
                parameter.copy_(wave(parameter.shape, k, 0.15))
            else:
                parameter.copy_((1.0 if parameter_name.endswith("weight") else 0.0) + wave(parameter.shape, k, 0.1))
    x, y = wave((8, 1, 12, 12), 50, 1.0), torch.tensor([1.0, 0, 0, 1, 1, 0, 1, 0])
    optimiser, losses = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-3), []
    for _ in range(steps):
        value = F.binary_cross_entropy_with_logits(net(x)[:, 0], y)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        losses.append(value.item())
    net.eval()
    row(name, losses)
    row(name + "_logit", net(x)[:, 0].tolist())


curve("torch_curve", 20)
