"""A Siamese network: do two images show the same class? One encoder sees both."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from images import make
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset


class Matcher(Dataset):
    """Pairs of images of one class (1) and of two classes (0), in turn."""

    def __init__(self, count, size):
        images, labels = make(count, size)
        self.data, self.targets = torch.from_numpy(images), torch.from_numpy(labels)
        self.grouped = {int(c): torch.where(self.targets == c)[0] for c in range(10)}

    def __len__(self):
        return self.data.shape[0]

    def __getitem__(self, index):
        first = int(self.targets[index])
        same = index // 10 % 2 == 0
        second = first if same else (first + 1 + index % 9) % 10
        group = self.grouped[second]
        other = self.data[group[(index + 1) % len(group)]]
        target = torch.tensor(1 if same else 0, dtype=torch.float)
        return self.data[index], other, target


class SiameseNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, kernel_size=3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 16, kernel_size=3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        )
        self.fc = nn.Sequential(nn.Linear(128, 32), nn.ReLU(inplace=True), nn.Linear(32, 1))
        self.sigmoid = nn.Sigmoid()
        self.encoder.apply(self.init_weights)
        self.fc.apply(self.init_weights)

    def init_weights(self, m):
        if isinstance(m, nn.Linear):
            torch.nn.init.xavier_uniform_(m.weight)
            m.bias.data.fill_(0.01)

    def forward_once(self, x):
        output = self.encoder(x)
        return output.view(output.size()[0], -1)

    def forward(self, input1, input2):
        output1 = self.forward_once(input1)
        output2 = self.forward_once(input2)
        output = torch.cat((output1, output2), 1)
        output = self.fc(output)
        return self.sigmoid(output)


def run(steps, initialize):
    loader = DataLoader(Matcher(160, 12), batch_size=16)
    model = SiameseNetwork()
    initialize(model)
    optimizer = optim.Adadelta(model.parameters(), lr=0.2)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    criterion = nn.BCELoss()
    losses = []
    model.train()
    while True:
        for images_1, images_2, targets in loader:
            optimizer.zero_grad()
            outputs = model(images_1, images_2).squeeze()
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if len(losses) == steps:
                model.eval()
                with torch.no_grad():
                    found = model(images_1, images_2).squeeze()
                return [*losses, F.binary_cross_entropy(found, targets, reduction='sum').item()]
        scheduler.step()
