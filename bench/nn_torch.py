"""Time of a network as PyTorch computes it; the other side of bench/nn.c, same arguments (and a mode), same line, same numbers to begin with.

usage: nn_torch.py NET train|infer BATCH ZxYxX THREADS STEPS f32|bf16 MODE
MODE: eager, channels_last, frozen (traced, batch norm folded, optimised for inference), compile (torch.compile)
"""
import resource
import sys
import time

START = time.monotonic()
import numpy as np
import torch
from torch import nn


class Basic(nn.Module):
    def __init__(self, conv, norm, c_in, c, stride, dilation, _):
        super().__init__()
        self.conv1, self.bn1 = conv(c_in, c, 3, stride, dilation, dilation, bias=False), norm(c)
        self.conv2, self.bn2 = conv(c, c, 3, 1, dilation, dilation, bias=False), norm(c)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential(conv(c_in, c, 1, stride, bias=False), norm(c)) if stride > 1 or c_in != c else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    def __init__(self, conv, norm, c_in, c, stride, dilation, _):
        super().__init__()
        self.conv1, self.bn1 = conv(c_in, c, 1, bias=False), norm(c)
        self.conv2, self.bn2 = conv(c, c, 3, stride, dilation, dilation, bias=False), norm(c)
        self.conv3, self.bn3 = conv(c, 4 * c, 1, bias=False), norm(4 * c)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential(conv(c_in, 4 * c, 1, stride, bias=False), norm(4 * c)) if stride > 1 or c_in != 4 * c else None

    def forward(self, x):
        y = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """MedicalNet's in 3-D, torchvision's in 2-D, with one logit."""

    def __init__(self, rank, block, depth, strides, dilations):
        super().__init__()
        conv, norm = (nn.Conv3d, nn.BatchNorm3d) if rank == 3 else (nn.Conv2d, nn.BatchNorm2d)
        self.rank = rank
        self.conv1, self.bn1 = conv(2 if rank == 3 else 3, 64, 7, 2, 3, bias=False), norm(64)
        self.relu = nn.ReLU(inplace=True)
        self.pool = (nn.MaxPool3d if rank == 3 else nn.MaxPool2d)(3, 2, 1)
        c = 64
        for layer in range(4):
            blocks = []
            for i in range(depth[layer]):
                blocks.append(block(conv, norm, c, 64 << layer, strides[layer] if i == 0 else 1, dilations[layer], None))
                c = (64 << layer) * (4 if block is Bottleneck else 1)
            setattr(self, f'layer{layer + 1}', nn.Sequential(*blocks))
        self.fc = nn.Linear(c, 1)
        self.embed = False

    def forward(self, x):
        x = self.pool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean(dim=tuple(range(2, 2 + self.rank)))
        return x if self.embed else self.fc(x)


class Small(nn.Module):
    """hepar's small3d."""

    def __init__(self):
        super().__init__()
        c_in = 2
        for i, c in enumerate([8, 16, 32]):
            block = nn.Module()
            block.conv, block.bn = nn.Conv3d(c_in, c, 3, 1, 1, bias=False), nn.BatchNorm3d(c)
            setattr(self, f'block{i + 1}', block)
            c_in = c
        self.fc = nn.Linear(32, 1)
        self.embed = False

    def forward(self, x):
        for i, block in enumerate([self.block1, self.block2, self.block3]):
            x = torch.relu_(block.bn(block.conv(x)))
            if i < 2:
                x = nn.functional.avg_pool3d(x, 2)
        x = x.mean(dim=(2, 3, 4))
        return x if self.embed else self.fc(nn.functional.dropout(x, 0.3, self.training))


NETS = {
    'small3d': Small,
    'resnet10_3d': lambda: ResNet(3, Basic, (1, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 4)),
    'resnet18_3d': lambda: ResNet(3, Basic, (2, 2, 2, 2), (1, 2, 1, 1), (1, 1, 2, 4)),
    'resnet50': lambda: ResNet(2, Bottleneck, (3, 4, 6, 3), (1, 2, 2, 2), (1, 1, 1, 1)),
}


def scrambled(key, n):
    x = (np.arange(n, dtype=np.uint64) * 2654435761 + key) & 0xffffffff
    x ^= x >> 15
    x = x * 2246822519 & 0xffffffff
    x ^= x >> 13
    return torch.from_numpy((x.astype(np.float64) / 2147483648 - 1).astype(np.float32))


def key_of(name):
    key = 2166136261
    for byte in name.encode():
        key = (key ^ byte) * 16777619 & 0xffffffff
    return key


def fill(net):
    fan = {}
    for name, module in net.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.Linear)):
            fan[name] = module.weight[0].numel()
    with torch.no_grad():
        for name, value in net.named_parameters():
            module = name.rsplit('.', 1)[0]
            if module in fan:
                value.copy_((scrambled(key_of(name), value.numel()) * np.float32(fan[module] ** -0.5)).reshape(value.shape))


def main():
    name, what, batch, grid, threads, steps, number, mode = sys.argv[1:9]
    torch.set_num_threads(int(threads))
    batch, steps, train = int(batch), int(steps), what == 'train'
    z, y, x = map(int, grid.split('x'))
    net = NETS[name]()
    fill(net)
    three = name.endswith('3d')
    c = 2 if three else 3
    data = scrambled(key_of('input'), batch * z * y * x * c).reshape(batch, z, y, x, c).permute(0, 4, 1, 2, 3)
    if not three:
        data = data[:, :, 0]
    if mode in ('eager', 'compile'):
        data = data.contiguous()
    else:
        form = torch.channels_last_3d if three else torch.channels_last
        net, data = net.to(memory_format=form), data.contiguous(memory_format=form)
    net.train(train)
    net.embed = not train
    label = (torch.arange(batch) % 2).float()[:, None]
    decayed = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() <= 1]
    optimiser = torch.optim.AdamW([{'params': decayed, 'weight_decay': 0.01}, {'params': others, 'weight_decay': 0}], lr=1e-4, fused=True)
    run = net
    if mode == 'frozen':
        with torch.no_grad(), torch.autocast('cpu', torch.bfloat16, enabled=number == 'bf16', cache_enabled=False):
            run = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, data)))
    if mode == 'compile':
        run = torch.compile(net)

    def step():
        with torch.autocast('cpu', torch.bfloat16, enabled=number == 'bf16'):
            if not train:
                with torch.inference_mode() if mode == 'eager' else torch.no_grad():
                    return run(data).float().sum().item()
            loss = nn.functional.binary_cross_entropy_with_logits(run(data).float(), label)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    cpu, wall, first, first_result = [], [], 0, 0
    for i in range(steps + 2):
        cpu_start, wall_start = time.process_time(), time.monotonic()
        result = step()
        if i == 0:
            first, first_result = time.monotonic() - START, result
        if i >= 2:
            cpu.append(time.process_time() - cpu_start)
            wall.append(time.monotonic() - wall_start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f'{first:.3f} {np.median(cpu):.6f} {np.median(wall):.6f} {peak:.1f} {first_result:.6g} {result:.6g}')


main()
