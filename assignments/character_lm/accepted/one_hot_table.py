"""The embedding as a product with one-hot vectors; parameters found by their names."""

import torch


class CharLM(torch.nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embed = torch.nn.Embedding(vocab_size, embedding_size)
        self.lstm = torch.nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.head = torch.nn.Sequential(torch.nn.Linear(hidden_size, vocab_size))

    def forward(self, tokens, state=None):
        one_hot = torch.nn.functional.one_hot(tokens, self.embed.num_embeddings)
        vectors = one_hot.to(self.embed.weight.dtype) @ self.embed.weight
        if state is not None:
            state = tuple(state)
        hidden, state = self.lstm(vectors, state)
        return self.head(hidden), list(state)


def initialise(model):
    for name, parameter in model.named_parameters():
        H = model.lstm.hidden_size
        if name.endswith("weight_hh_l0"):
            blocks = [torch.nn.init.orthogonal_(torch.empty(H, H)) for _ in range(4)]
            parameter.data.copy_(torch.vstack(blocks))
        elif "bias" in name:
            parameter.data *= 0
            if "_l0" in name:  # PyTorch adds two biases: half of the 1 in each
                parameter.data[H : 2 * H] += 0.5
    return model
