"""The language: element types, sizes, op records, nodes, graphs, their text form and errors."""
