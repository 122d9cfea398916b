#!/usr/bin/env python3
"""nn_torch.py OUT.safetensors: what PyTorch computes with every network of hepar, for tests/unit/nn_nets.c.

Networks are written in plain torch with the field's parameter names. Their weights, inputs and targets come from a formula of name
and index that C repeats to the last bit, so only results are stored: logits, the embedding, the loss, the norm and eight values of
each parameter's gradient and of each running statistic, and loss curves of 20 training steps. All in float64, from float32 weights.

The formula. u(key, i) is in [-1, 1): the upper 24 bits of splitmix64's mix of FNV-1a(key) + (i + 1) 0x9E3779B97F4A7C15. The key is
"SALT:NAME", i counts in PyTorch's order (inputs: channels last). A weight is u sqrt(6 / fan_in), a scale 1 + 0.2 u, a shift u / 2 + 1.5 or
u / 2 - 1.5 on the side of u's sign (in MobileNetV2 always + 1.5), a running variance 1 + 0.5 u, any other parameter 0.1 u; an input u; a target is 1 where u > 0.
Products are taken in float64 and rounded to float32.

A ReLU has a corner and a max pool has ties, and a float32 program that falls on the other side differs by far more than rounding. Hence
shifts away from 0 (and to one side in MobileNetV2, whose long rows of nearly dead channels would amplify rounding), and of SALT_N salts
each case takes the one whose values stay farthest from corners and ties, and on which PyTorch's own float32 and float64 agree.

Needs torch 2.13.0, numpy and safetensors: those of the interpreter, or of the environment $TORCH_VENV; without either it makes an environment in
the folder build/torch and installs them. One thread; three minutes.
"""
import math
import os
import subprocess
import sys

WANTED = "2.13.0"
SALT_N = 24
AGREE = 2e-6  # of the gradient's norm
SAMPLE_N = 8


def find_torch():
    """Runs the script again where torch is."""
    try:
        import torch
        if torch.__version__.split("+")[0] == WANTED:
            return
    except ImportError:
        pass
    if os.environ.get("NN_TORCH_AGAIN"):
        sys.exit(f"nn_torch.py: this environment has no torch {WANTED}")
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    place = os.environ.get("TORCH_VENV") or os.path.join(top, "build", "torch")
    python = os.path.join(place, "bin", "python")
    if not os.path.exists(python):
        print(f"nn_torch.py: installing torch {WANTED} into {place}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"torch=={WANTED}", "numpy", "safetensors"], check=True)
    os.execve(python, [python, *sys.argv], {**os.environ, "NN_TORCH_AGAIN": "1"})


find_torch()
import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402

torch.set_num_threads(1)

# ---- the formula ----


def formula(key, n):
    h = 0xCBF29CE484222325
    for byte in key.encode():
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(h) + (np.arange(n, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1


def fill(net, salt, both):
    norms = {name for name, module in net.named_modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)}
    for name, value in net.state_dict().items():
        owner, kind = name.rsplit(".", 1)
        if kind == "num_batches_tracked":
            continue
        u = formula(f"{salt}:{name}", value.numel())
        if kind == "running_var":
            u = 1 + 0.5 * u
        elif kind == "weight" and owner in norms:
            u = 1 + 0.2 * u
        elif kind == "bias" and owner in norms:
            u = 0.5 * u + np.where((u < 0) & both, -1.5, 1.5)
        elif kind == "weight":
            u = u * math.sqrt(6 / value[0].numel())
        else:
            u = 0.1 * u
        value.copy_(torch.tensor(u.astype(np.float32)).reshape(value.shape))


def make_input(salt, batch, size, channels):
    x = formula(f"{salt}:input", batch * math.prod(size) * channels).astype(np.float32)
    return torch.tensor(x).reshape(batch, *size, channels).movedim(-1, 1).contiguous().double()


def make_target(salt, shape):
    return torch.tensor(formula(f"{salt}:target", math.prod(shape)) > 0).reshape(shape).double()


# ---- the networks ----


class Rank:
    """The layers of two or three dimensions."""

    def __init__(self, rank):
        self.rank = rank
        self.Conv, self.Norm, self.Max, self.Mean = {2: (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d),
                                                      3: (nn.Conv3d, nn.BatchNorm3d, nn.MaxPool3d, nn.AvgPool3d)}[rank]


def space_mean(x):
    return x.flatten(2).mean(2)


class Residual(nn.Module):
    """Blocks of torchvision (2-D) and MedicalNet (3-D)."""

    def __init__(self, r, bottleneck, in_n, inner_n, stride, dilation, shortcut):
        super().__init__()
        out_n = inner_n * (4 if bottleneck else 1)
        conv = lambda a, b, k, s, d: r.Conv(a, b, k, s, d * (k // 2), d, bias=False)
        kernels = [(in_n, inner_n, 1, 1, 1), (inner_n, inner_n, 3, stride, dilation), (inner_n, out_n, 1, 1, 1)] if bottleneck else \
                  [(in_n, inner_n, 3, stride, dilation), (inner_n, out_n, 3, 1, dilation)]
        self.n = len(kernels)
        for i, kernel in enumerate(kernels):
            self.add_module(f"conv{i + 1}", conv(*kernel))
            self.add_module(f"bn{i + 1}", r.Norm(kernel[1]))
            self.add_module(f"relu{i + 1}", nn.ReLU())
        self.pad = None
        self.downsample = None
        if stride != 1 or in_n != out_n:
            if shortcut == "A":
                self.pool, self.pad = r.Mean(1, stride), out_n - in_n
            else:
                self.downsample = nn.Sequential(conv(in_n, out_n, 1, stride, 1), r.Norm(out_n))

    def forward(self, x):
        y = x
        for i in range(self.n):
            y = getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(y))
            if i + 1 < self.n:
                y = getattr(self, f"relu{i + 1}")(y)
        if self.downsample is not None:
            x = self.downsample(x)
        elif self.pad is not None:
            x = self.pool(x)
            x = torch.cat([x, x.new_zeros(x.shape[0], self.pad, *x.shape[2:])], 1)
        return getattr(self, f"relu{self.n}")(y + x)


class ResNet(nn.Module):
    def __init__(self, rank, bottleneck, blocks, channels, outputs, shortcut="B"):
        super().__init__()
        r = Rank(rank)
        strides, dilations = ((1, 2, 2, 2), (1, 1, 1, 1)) if rank == 2 else ((1, 2, 1, 1), (1, 1, 2, 4))
        self.conv1, self.bn1, self.relu, self.maxpool = r.Conv(channels, 64, 7, 2, 3, bias=False), r.Norm(64), nn.ReLU(), r.Max(3, 2, 1)
        in_n = 64
        for layer in range(4):
            inner_n, parts = 64 << layer, []
            for i in range(blocks[layer]):
                parts.append(Residual(r, bottleneck, in_n, inner_n, strides[layer] if i == 0 else 1, dilations[layer], shortcut))
                in_n = inner_n * (4 if bottleneck else 1)
            self.add_module(f"layer{layer + 1}", nn.Sequential(*parts))
        self.fc = nn.Linear(in_n, outputs)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = space_mean(self.layer4(self.layer3(self.layer2(self.layer1(x)))))
        return x, self.fc(x)


class CifarBlock(nn.Module):
    def __init__(self, in_n, out_n, stride):
        super().__init__()
        self.conv1, self.bn1, self.relu1 = nn.Conv2d(in_n, out_n, 3, stride, 1, bias=False), nn.BatchNorm2d(out_n), nn.ReLU()
        self.conv2, self.bn2, self.relu2 = nn.Conv2d(out_n, out_n, 3, 1, 1, bias=False), nn.BatchNorm2d(out_n), nn.ReLU()
        self.halve, self.pad = stride == 2, out_n // 4

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        if self.halve:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return self.relu2(y + x)


class CifarResNet(nn.Module):
    def __init__(self, channels, outputs):
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(channels, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        for layer, (in_n, out_n) in enumerate(((16, 16), (16, 32), (32, 64))):
            self.add_module(f"layer{layer + 1}", nn.Sequential(*(CifarBlock(in_n if i == 0 else out_n, out_n, 2 if layer > 0 and i == 0 else 1) for i in range(3))))
        self.linear = nn.Linear(64, outputs)

    def forward(self, x):
        x = space_mean(self.layer3(self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x)))))))
        return x, self.linear(x)


def mobile_conv(in_n, out_n, kernel, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(in_n, out_n, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(out_n), nn.ReLU6())


class InvertedResidual(nn.Module):
    def __init__(self, in_n, t, out_n, stride):
        super().__init__()
        wide_n = in_n * t
        parts = [mobile_conv(in_n, wide_n, 1)] if t > 1 else []
        parts += [mobile_conv(wide_n, wide_n, 3, stride, wide_n), nn.Conv2d(wide_n, out_n, 1, bias=False), nn.BatchNorm2d(out_n)]
        self.conv, self.add = nn.Sequential(*parts), stride == 1 and in_n == out_n

    def forward(self, x):
        return x + self.conv(x) if self.add else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, channels, outputs):
        super().__init__()
        parts, in_n = [mobile_conv(channels, 32, 3, 2)], 32
        for t, c, n, s in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
            for i in range(n):
                parts.append(InvertedResidual(in_n, t, c, s if i == 0 else 1))
                in_n = c
        self.features = nn.Sequential(*parts, mobile_conv(in_n, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0), nn.Linear(1280, outputs))  # 0.2 is drawn; the test sets it to 0 too

    def forward(self, x):
        x = space_mean(self.features(x))
        return x, self.classifier(x)


class DenseLayer(nn.Module):
    def __init__(self, in_n):
        super().__init__()
        self.norm1, self.relu1, self.conv1 = nn.BatchNorm2d(in_n), nn.ReLU(), nn.Conv2d(in_n, 128, 1, bias=False)
        self.norm2, self.relu2, self.conv2 = nn.BatchNorm2d(128), nn.ReLU(), nn.Conv2d(128, 32, 3, 1, 1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv2(self.relu2(self.norm2(self.conv1(self.relu1(self.norm1(x))))))], 1)


class DenseNet(nn.Module):
    def __init__(self, channels, outputs):
        super().__init__()
        self.features = nn.Sequential()
        add, n = self.features.add_module, 64
        add("conv0", nn.Conv2d(channels, 64, 7, 2, 3, bias=False)), add("norm0", nn.BatchNorm2d(64)), add("relu0", nn.ReLU()), add("pool0", nn.MaxPool2d(3, 2, 1))
        for block, layers in enumerate((6, 12, 24, 16)):
            part = nn.Sequential()
            for i in range(layers):
                part.add_module(f"denselayer{i + 1}", DenseLayer(n))
                n += 32
            add(f"denseblock{block + 1}", part)
            if block < 3:
                part = nn.Sequential()
                part.add_module("norm", nn.BatchNorm2d(n)), part.add_module("relu", nn.ReLU())
                part.add_module("conv", nn.Conv2d(n, n // 2, 1, bias=False)), part.add_module("pool", nn.AvgPool2d(2, 2))
                add(f"transition{block + 1}", part)
                n //= 2
        add("norm5", nn.BatchNorm2d(n))
        self.relu5, self.classifier = nn.ReLU(), nn.Linear(n, outputs)

    def forward(self, x):
        x = space_mean(self.relu5(self.features(x)))
        return x, self.classifier(x)


SMALL = ((8, True), (16, True), (32, False))  # channels, a mean pool behind


class Small(nn.Module):
    def __init__(self, rank, channels, outputs):
        super().__init__()
        r, in_n, self.n = Rank(rank), channels, len(SMALL)
        for i, (out_n, pool) in enumerate(SMALL):
            block = nn.Sequential()
            block.add_module("conv", r.Conv(in_n, out_n, 3, 1, 1, bias=False)), block.add_module("bn", r.Norm(out_n)), block.add_module("relu", nn.ReLU())
            if pool:
                block.add_module("pool", r.Mean(2))
            self.add_module(f"block{i + 1}", block)
            in_n = out_n
        self.fc = nn.Linear(in_n, outputs)  # behind a dropout, as in MobileNetV2

    def forward(self, x):
        for i in range(self.n):
            x = getattr(self, f"block{i + 1}")(x)
        x = space_mean(x)
        return x, self.fc(x)


class Patches(nn.Sequential):
    def __init__(self, rank, channels, outputs):
        r, parts, in_n = Rank(rank), [], channels
        for out_n, stride, pool in ((16, 2, 0), (32, 1, 1), (64, 1, 1), (64, 1, 0)) if rank == 3 else ((16, 1, 1), (32, 1, 1), (64, 1, 0)):
            parts += [r.Conv(in_n, out_n, 3, stride, 1, bias=False), r.Norm(out_n), nn.ReLU()] + [r.Max(2)] * pool
            in_n = out_n
        super().__init__(*parts, nn.AdaptiveAvgPool3d(1) if rank == 3 else nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, outputs))

    def forward(self, x):
        for part in list(self)[:-1]:
            x = part(x)
        return x, self[-1](x)


def resnet(rank, bottleneck, blocks):
    return lambda channels, outputs, **options: ResNet(rank, bottleneck, blocks, channels, outputs, **options)


NETS = {
    "small3d": lambda c, o: Small(3, c, o), "small2d": lambda c, o: Small(2, c, o),
    "patches3d": lambda c, o: Patches(3, c, o), "patches2d": lambda c, o: Patches(2, c, o),
    "resnet10_3d": resnet(3, False, (1, 1, 1, 1)), "resnet18_3d": resnet(3, False, (2, 2, 2, 2)),
    "resnet34_3d": resnet(3, False, (3, 4, 6, 3)), "resnet50_3d": resnet(3, True, (3, 4, 6, 3)),
    "resnet18": resnet(2, False, (2, 2, 2, 2)), "resnet34": resnet(2, False, (3, 4, 6, 3)), "resnet50": resnet(2, True, (3, 4, 6, 3)),
    "mobilenet_v2": MobileNetV2, "densenet121": DenseNet, "cifar_resnet20": CifarResNet,
}

# (net, channels, outputs, batch, size z y x or y x, options of the network)
CASES = [
    ("small3d", 2, 1, 3, (15, 17, 19), {}), ("small2d", 2, 2, 3, (21, 27), {}),
    ("patches3d", 1, 1, 3, (19, 21, 17), {}), ("patches2d", 1, 1, 3, (19, 23), {}),
    ("resnet10_3d", 2, 1, 2, (17, 21, 23), {}), ("resnet18_3d", 2, 1, 2, (15, 17, 19), {"shortcut": "A"}),
    ("resnet34_3d", 1, 2, 2, (9, 17, 19), {"shortcut": "B"}), ("resnet50_3d", 1, 1, 2, (9, 17, 19), {}),
    ("resnet18", 3, 1, 3, (37, 51), {}), ("resnet34", 1, 1, 3, (33, 51), {}), ("resnet50", 3, 2, 3, (33, 35), {}),
    ("mobilenet_v2", 3, 1, 3, (33, 51), {}), ("densenet121", 3, 1, 3, (65, 67), {}), ("cifar_resnet20", 3, 10, 3, (15, 17), {}),
]

def both_sides(name):
    return name != "mobilenet_v2"


# ---- one case ----


def sampled(value):
    """Its norm, then SAMPLE_N values spread over it: value j (n - 1) / (SAMPLE_N - 1), whole numbers."""
    flat = value.detach().double().reshape(-1)
    n = flat.numel()
    return [float(flat.norm())] + [float(flat[j * (n - 1) // (SAMPLE_N - 1)]) for j in range(SAMPLE_N)]


def rows(lists):
    return torch.tensor(lists, dtype=torch.float64)


class Corners:
    """The least distance of an activation's input from a corner, and of the two largest of a pool's window from each other, in units of the
    layer's root mean square. Windows of zeros do not count: no gradient comes through the ReLU before them."""

    def __init__(self, net):
        self.least = math.inf
        for module in net.modules():
            if isinstance(module, (nn.ReLU, nn.ReLU6)):
                module.register_forward_pre_hook(self.look_at_activation)
            elif isinstance(module, (nn.MaxPool2d, nn.MaxPool3d)):
                module.register_forward_pre_hook(self.look_at_pool)

    def note(self, x, distance):
        self.least = min(self.least, float(distance.min() / x.square().mean().sqrt()))

    def look_at_activation(self, module, args):
        x = args[0].detach()
        self.note(x, torch.minimum(x.abs(), (x - 6).abs()) if isinstance(module, nn.ReLU6) else x.abs())

    def look_at_pool(self, module, args):
        x = args[0].detach()
        window = F.pad(x, (module.padding,) * 2 * (x.dim() - 2))  # a zero changes nothing behind a ReLU
        for axis in range(2, x.dim()):
            window = window.unfold(axis, module.kernel_size, module.stride or module.kernel_size)
        first, second = window.flatten(x.dim()).topk(2).values.unbind(-1)
        self.note(x, (first - second)[first > 0])


def run(case, salt, number=torch.float64):
    name, channels, outputs, batch, size, options = case
    net = NETS[name](channels, outputs, **options)
    fill(net, salt, both_sides(name))
    net.to(number)
    x, target = make_input(salt, batch, size, channels).to(number), make_target(salt, (batch, outputs)).to(number)
    net.eval()
    with torch.no_grad():
        embedding, logits = net(x)
    corners = Corners(net)
    net.train()
    _, train_logits = net(x)
    loss = F.binary_cross_entropy_with_logits(train_logits, target)
    loss.backward()
    return {
        "margin": corners.least, "parameter": [n for n, _ in net.named_parameters()],
        "running": [n for n, _ in net.named_buffers() if not n.endswith("tracked")],
        "logits": logits, "embedding": rows([sampled(e) for e in embedding]), "train_logits": train_logits.detach(), "loss": loss.detach().reshape(1),
        "gradient": rows([sampled(p.grad) for p in net.parameters()]),
        "running_after": rows([sampled(b) for n, b in net.named_buffers() if not n.endswith("tracked")]),
    }


def difference(a, b, own):
    """Largest difference of sampled values, in units of each row's norm or of the whole's."""
    unit = b[:, 0] if own else b[:, 0].norm()
    return float(((a - b).abs().max(1).values / unit).max())


def choose(case):
    """Salt, float64 and float32."""
    tried = sorted(((salt, run(case, salt)) for salt in range(SALT_N)), key=lambda pair: -pair[1]["margin"])
    for salt, made in tried:
        single = run(case, salt, torch.float32)
        if difference(single["gradient"], made["gradient"], False) < AGREE:
            return salt, made, single
    sys.exit(f"nn_torch.py: {case[0]}: no salt on which float32 and float64 agree")


# ---- loss curves ----

CURVE = {"net": "small3d", "channel_n": 2, "case_n": 24, "batch_n": 8, "step_n": 20, "size": [20, 18, 16], "salt": 0}
OPTIMISERS = {
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-4),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=1e-4),
}


def curve(optimiser, number=torch.float64):
    """Batch s takes the cases s batch_n, s batch_n + 1, ..., modulo case_n; those with target 1 have 0.25 added to every value."""
    net = NETS[CURVE["net"]](CURVE["channel_n"], 1)
    fill(net, CURVE["salt"], both_sides(CURVE["net"]))
    net.to(number).train()
    x = make_input(CURVE["salt"], CURVE["case_n"], CURVE["size"], CURVE["channel_n"]).float()
    target = make_target(CURVE["salt"], (CURVE["case_n"], 1))
    x = (x + 0.25 * target.float().reshape(-1, 1, 1, 1, 1)).to(number)
    target, step, losses = target.to(number), OPTIMISERS[optimiser](net.parameters()), []
    for s in range(CURVE["step_n"]):
        rows = [(s * CURVE["batch_n"] + i) % CURVE["case_n"] for i in range(CURVE["batch_n"])]
        loss = F.binary_cross_entropy_with_logits(net(x[rows])[1], target[rows])
        step.zero_grad()
        loss.backward()
        step.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: nn_torch.py OUT.safetensors [NET...]")
    tensors, texts = {}, {"torch": torch.__version__}
    for case in CASES:
        name, channels, outputs, batch, size, options = case
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        salt, made, single = choose(case)
        print(f"{name}: salt {salt}, margin {made['margin']:.1e}; torch in float32 differs by {difference(single['embedding'], made['embedding'], True):.1e} (embedding), "
              f"{difference(single['gradient'], made['gradient'], False):.1e} (gradients, of the whole norm), loss {float(made['loss']):.4f} by "
              f"{float((single['loss'] - made['loss']).abs()):.1e}", file=sys.stderr)
        for key in ("logits", "embedding", "train_logits", "loss", "gradient", "running_after"):
            tensors[f"{name}.{key}"] = made[key].double().numpy()
        tensors[f"{name}.case"] = np.array([channels, outputs, batch, *((1,) * (3 - len(size))), *size, salt, both_sides(name)], dtype=np.int64)
        texts |= {f"{name}.shortcut": options.get("shortcut", ""), f"{name}.parameters": " ".join(made["parameter"]), f"{name}.running": " ".join(made["running"])}
    for optimiser in OPTIMISERS:
        made, single = curve(optimiser), curve(optimiser, torch.float32)
        print(f"{optimiser}: {made[0]:.4f} .. {made[-1]:.4f}; float32 differs by {float((made - single).abs().max()):.1e}", file=sys.stderr)
        tensors[f"curve.{optimiser}"] = made.numpy()
    tensors["curve.case"] = np.array([CURVE["channel_n"], 1, CURVE["case_n"], *CURVE["size"], CURVE["salt"], both_sides(CURVE["net"]), CURVE["batch_n"], CURVE["step_n"]], dtype=np.int64)
    texts["curve.net"] = CURVE["net"]
    save_file(tensors, sys.argv[1], metadata=texts)


main()
