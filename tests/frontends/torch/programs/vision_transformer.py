"""A vision transformer: patches, a class token, learned positions, blocks of attention."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from images import Images
from torch.utils.data import DataLoader


class PatchExtractor(nn.Module):
    def __init__(self, patch_size=4):
        super().__init__()
        self.patch_size = patch_size

    def forward(self, input_data):
        batch_size, channels, height, width = input_data.size()
        assert height % self.patch_size == 0 and width % self.patch_size == 0
        p = self.patch_size
        patches = input_data.unfold(2, p, p).unfold(3, p, p)
        patches = patches.permute(0, 2, 3, 1, 4, 5).contiguous()
        return patches.view(batch_size, (height // p) * (width // p), channels * p * p)


class InputEmbedding(nn.Module):
    def __init__(self, patch_size, n_channels, latent_size, num_patches):
        super().__init__()
        self.patcher = PatchExtractor(patch_size)
        self.linear = nn.Linear(patch_size * patch_size * n_channels, latent_size)
        self.class_token = nn.Parameter(torch.randn(1, 1, latent_size))
        self.pos_embedding = nn.Parameter(torch.randn(1, num_patches + 1, latent_size))

    def forward(self, input_data):
        patches = self.patcher(input_data)
        projected = self.linear(patches)
        token = self.class_token.expand(input_data.size(0), -1, -1)
        return torch.cat((token, projected), dim=1) + self.pos_embedding


class EncoderBlock(nn.Module):
    def __init__(self, latent_size, num_heads, dropout):
        super().__init__()
        self.norm = nn.LayerNorm(latent_size)
        self.attention = nn.MultiheadAttention(latent_size, num_heads, dropout, batch_first=True)
        self.enc_MLP = nn.Sequential(
            nn.Linear(latent_size, latent_size * 4), nn.GELU(), nn.Dropout(dropout),
            nn.Linear(latent_size * 4, latent_size), nn.Dropout(dropout))

    def forward(self, emb_patches):
        first_norm = self.norm(emb_patches)
        attention_out = self.attention(first_norm, first_norm, first_norm)[0]
        first_added = attention_out + emb_patches
        second_norm = self.norm(first_added)
        return self.enc_MLP(second_norm) + first_added


class ViT(nn.Module):
    def __init__(self, num_classes=10, n_channels=3, latent_size=24, num_encoders=2, num_heads=4):
        super().__init__()
        self.embedding = InputEmbedding(4, n_channels, latent_size, 16)
        self.encoders = nn.ModuleList(
            [EncoderBlock(latent_size, num_heads, 0.0) for _ in range(num_encoders)])
        self.MLP_head = nn.Sequential(
            nn.LayerNorm(latent_size), nn.Linear(latent_size, latent_size),
            nn.Linear(latent_size, num_classes))

    def forward(self, test_input):
        enc_output = self.embedding(test_input)
        for enc_layer in self.encoders:
            enc_output = enc_layer(enc_output)
        return self.MLP_head(enc_output[:, 0])


def run(steps, initialize):
    loader = DataLoader(Images(160, 16, channels=3), batch_size=16)
    model = ViT()
    initialize(model)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)
    criterion = nn.CrossEntropyLoss()
    losses = []
    while True:
        for images, labels in loader:
            optimizer.zero_grad()
            scores = model(images)
            loss = criterion(scores, labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
            if len(losses) == steps:
                accuracy = (F.softmax(scores, dim=1).argmax(1) == labels).float().mean()
                print('accuracy', accuracy.item())
                return losses
