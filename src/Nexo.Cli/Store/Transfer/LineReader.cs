namespace Nexo.Cli.Store.Transfer;

/// <summary>Cuts a stream into lines without their ends; the last one needs none.</summary>
internal sealed class LineReader(Stream stream, int lineBytesMax = LineReader.DefaultLineBytesMax)
{
    /// <summary>A value of 16 MiB fits even when every byte is a <c>\u00NN</c> escape.</summary>
    public const int DefaultLineBytesMax = 128 * 1_024 * 1_024;

    private byte[] _buffer = new byte[256 * 1_024];
    private int _start;
    private int _end;
    private bool _ended;

    /// <summary>The number of the line taken last, from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Bytes read from the stream so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>
    /// Takes a line that is there already. Its bytes are the reader's: they change with the next read.
    /// </summary>
    public bool TryTake(out ReadOnlyMemory<byte> line)
    {
        int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
        if (length < 0 && (!_ended || _start == _end))
        {
            line = default;
            return false;
        }

        int content = length < 0 ? _end - _start : length;
        line = _buffer.AsMemory(_start, content);
        _start += length < 0 ? content : content + 1;
        LineNumber++;
        return true;
    }

    /// <summary>Reads more; false at the end of the stream, when what is left has been taken.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancel)
    {
        if (_ended)
        {
            return _start < _end;
        }

        MakeRoom();

        // A terminal's or a pipe's read does not listen to the token: leave it behind when the token fires.
        int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel).AsTask().WaitAsync(cancel);
        _end += read;
        BytesRead += read;
        _ended = read == 0;
        return true;
    }

    private void MakeRoom()
    {
        if (_end < _buffer.Length)
        {
            return;
        }

        int kept = _end - _start;
        if (kept > lineBytesMax)
        {
            throw new InvalidDataException($"line {LineNumber + 1} is longer than {lineBytesMax:N0} bytes");
        }

        byte[] target = kept > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, kept).CopyTo(target);
        _buffer = target;
        _start = 0;
        _end = kept;
    }
}
