"""The op records by family; everything here takes and gives graph nodes."""
