"""A graph convolutional network tells the two halves of a graph apart from few labels."""

import numpy as np
import torch
from torch import nn, optim
from torch.nn import functional as F


class GraphConv(nn.Module):
    """Z = A_hat X W (+ b), with the normalised adjacency matrix A_hat."""

    def __init__(self, input_dim, output_dim, use_bias=False):
        super(GraphConv, self).__init__()
        self.kernel = nn.Parameter(torch.Tensor(input_dim, output_dim))
        nn.init.xavier_normal_(self.kernel)
        self.bias = None
        if use_bias:
            self.bias = nn.Parameter(torch.Tensor(output_dim))
            nn.init.zeros_(self.bias)

    def forward(self, input_tensor, adj_mat):
        support = torch.mm(input_tensor, self.kernel)
        output = torch.spmm(adj_mat, support)
        if self.bias is not None:
            output = output + self.bias
        return output


class GCN(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim, use_bias=True, dropout_p=0.0):
        super(GCN, self).__init__()
        self.gc1 = GraphConv(input_dim, hidden_dim, use_bias=use_bias)
        self.gc2 = GraphConv(hidden_dim, output_dim, use_bias=use_bias)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, input_tensor, adj_mat):
        x = self.gc1(input_tensor, adj_mat)
        x = F.relu(x)
        x = self.dropout(x)
        x = self.gc2(x, adj_mat)
        return F.log_softmax(x, dim=1)


def graph(nodes=40, features=12):
    """Two halves, each closer within than to the other; the normalised adjacency matrix."""
    rng = np.random.RandomState(3)
    half = np.arange(nodes) * 2 // nodes
    near = half[:, None] == half[None, :]
    adjacency = (rng.rand(nodes, nodes) < np.where(near, 0.25, 0.05)).astype(np.float32)
    adjacency = torch.from_numpy(np.maximum(adjacency, adjacency.T))
    adjacency = adjacency + torch.eye(nodes)
    adjacency.clamp_(max=1.0)
    degree = adjacency.sum(dim=1)
    scale = torch.pow(degree, -0.5)
    scale[torch.isinf(scale)] = 0.0
    scale = torch.diag(scale)
    x = torch.from_numpy((rng.rand(nodes, features) < 0.3).astype(np.float32))
    x = x / x.sum(1, keepdim=True).clamp(min=1)
    return x, torch.from_numpy(half), (scale @ adjacency @ scale).to_sparse()


def run(steps, initialize):
    features, labels, adj_mat = graph()
    idx = torch.arange(len(labels))
    idx_train, idx_val = idx[idx % 4 == 0], idx[idx % 4 != 0]
    gcn = GCN(features.shape[1], 16, 2)
    initialize(gcn)
    optimizer = optim.Adam(gcn.parameters(), lr=1e-2, weight_decay=5e-4)
    criterion = nn.NLLLoss()
    losses = []
    for _ in range(steps):
        gcn.train()
        optimizer.zero_grad()
        output = gcn(features, adj_mat)
        loss = criterion(output[idx_train], labels[idx_train])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        gcn.eval()
        output = gcn(features, adj_mat)
        loss_val = criterion(output[idx_val], labels[idx_val])
        acc_val = (output[idx_val].argmax(dim=1) == labels[idx_val]).float().mean()
        print(f'val accuracy {acc_val.item():.3f}')
    return [*losses, loss_val.item()]
