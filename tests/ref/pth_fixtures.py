#!/usr/bin/env python3
"""Writes the small PyTorch files of tests/data/weights, which tests/unit/io_pth.c reads.
usage: pth_fixtures.py FOLDER      (needs torch; the files there are from torch 2.13.0)

A module of two layers whose value number i (over all tensors in order) is i / 8 - 5: exact in every type, so that the test
states the values by this formula. Its state dict has what hand-made ones have not: a `_metadata` attribute and Parameters."""
import collections
import sys
import zipfile

import torch


def module():
    net = torch.nn.Sequential(collections.OrderedDict(conv=torch.nn.Conv2d(2, 3, 2), norm=torch.nn.BatchNorm2d(3)))
    at = 0
    with torch.no_grad():
        for value in net.state_dict().values():
            n = value.numel()
            value.copy_((torch.arange(at, at + n) / 8 - 5).reshape(value.shape))
            at += n
    return net


def deflate(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)


def main(folder):
    net = module()
    torch.save(net.state_dict(), f"{folder}/module_zip.pth")
    torch.save(net.state_dict(), f"{folder}/module_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(dict(net.named_parameters()), f"{folder}/parameters_protocol4.pth", pickle_protocol=4)
    checkpoint = {"epoch": 7, "arch": "two layers", "done": True, "model": net.state_dict(), "optimizer": torch.optim.SGD(net.parameters(), 0.5).state_dict()}
    torch.save(checkpoint, f"{folder}/checkpoint.pth")
    deflate(f"{folder}/module_zip.pth", f"{folder}/module_deflated.pth")
    torch.save(collections.OrderedDict(w=torch.ones(2, dtype=torch.complex64)), f"{folder}/complex.pth")


if __name__ == "__main__":
    main(sys.argv[1])
