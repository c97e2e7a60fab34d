"""TensorBoard: event files that the real TensorBoard shows, and its start.

    writer = pt.board.SummaryWriter("runs/first")
    writer.add_scalar("loss", 0.5, 1)
    writer.close()

`TensorBoard` is the callback for pentad.train.fit, `serve` what `pentad board runs` does. Needs the
package tensorboard, which comes with pentad[board].
"""

from pentad.board.callback import TensorBoard
from pentad.board.file_writer import FileWriter
from pentad.board.server import Server, serve
from pentad.board.writer import SummaryWriter

__all__ = ["FileWriter", "Server", "SummaryWriter", "TensorBoard", "serve"]
