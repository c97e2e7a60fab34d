"""A variational autoencoder: reparameterised samples, reconstruction and divergence."""

import torch
from images import Images
from torch import nn, optim
from torch.nn import functional as F
from torch.utils.data import DataLoader

SIZE = 12


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(SIZE * SIZE, 64)
        self.fc21 = nn.Linear(64, 8)
        self.fc22 = nn.Linear(64, 8)
        self.fc3 = nn.Linear(8, 64)
        self.fc4 = nn.Linear(64, SIZE * SIZE)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, SIZE * SIZE))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    bce = F.binary_cross_entropy(recon_x, x.view(-1, SIZE * SIZE), reduction='sum')
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


def run(steps, initialize):
    loader = DataLoader(Images(160, SIZE), batch_size=16, shuffle=False)
    model = VAE().to("cpu")
    initialize(model)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    model.train()
    while True:
        for data, _ in loader:
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data)
            loss = loss_function(recon_batch, data, mu, logvar)
            loss.backward()
            optimizer.step()
            losses.append(loss.item() / len(data))
            if len(losses) == steps:
                with torch.no_grad():
                    sample = model.decode(torch.randn(4, 8)).view(4, 1, SIZE, SIZE)
                return [*losses, sample.mean().item()]
