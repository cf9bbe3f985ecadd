namespace Nexo.Server.Resp;

/// <summary>How far a command could be read.</summary>
internal enum RespReadStatus
{
    /// <summary>The command is whole; without arguments it is nothing to be answered.</summary>
    Complete,

    /// <summary>More must come; reading goes on where it stopped.</summary>
    Incomplete,

    /// <summary>What came is no command: <see cref="RespReader.Error"/> says why, and the connection is to end.</summary>
    Broken,
}

/// <summary>
/// Reads commands: arrays of bulk strings, <c>*2\r\n$3\r\nGET\r\n$1\r\nk\r\n</c>, and lines of words as people type them. It
/// looks at each byte once, wherever the command is split, and copies nothing; the ranges of arguments count from the start of
/// their command. Those of several commands can be kept, so that they are handled after all have been looked over.
/// </summary>
internal sealed class RespReader
{
    /// <summary>Longest line of a command that is typed.</summary>
    public const int InlineBytesMax = 64 * 1_024;

    private const int LengthLineMax = 32;
    private const int RangesAtFirst = 16;
    private const int RangesKept = 4_096;

    private RespRange[] _ranges = new RespRange[RangesAtFirst];
    private byte[] _words = [];
    private int _first;
    private int _count;
    private int _expected = -1;
    private int _bulk = -1;
    private int _at;
    private bool _isInline;

    /// <summary>Longest argument.</summary>
    public int BulkBytesMax { get; set; } = 512 * 1_024 * 1_024;

    /// <summary>Most arguments, the name included.</summary>
    public int ArgumentsMax { get; set; } = 1_024 * 1_024;

    /// <summary>True when the client has not said who it is, which its bounds are for.</summary>
    public bool IsOfStranger { get; set; }

    /// <summary>Why what came is no command, as Redis says it.</summary>
    public string Error { get; private set; } = string.Empty;

    /// <summary>The first range of the command.</summary>
    public int First => _first;

    /// <summary>Arguments of the command that was read.</summary>
    public int Count => _count - _first;

    /// <summary>True of a line of words; its arguments are gone when the next one is read.</summary>
    public bool IsInline => _isInline;

    /// <summary>Bytes of it that have been looked at: all of a command that is complete.</summary>
    public int Taken => _at;

    /// <summary>Of a command that is not complete: bytes that must come at least, of which the first are there perhaps.</summary>
    public int Needed { get; private set; }

    /// <summary>The command's arguments; <paramref name="command"/> are the bytes that it was read from.</summary>
    public RespArguments Arguments(ReadOnlySpan<byte> command) => Arguments(command, _first, Count, _isInline);

    /// <summary>As above, of a command that was read before.</summary>
    public RespArguments Arguments(ReadOnlySpan<byte> command, int first, int count, bool isInline) =>
        new(isInline ? _words : command, _ranges.AsSpan(first, count));

    /// <summary>The next command begins; the ranges of those before it are kept.</summary>
    public void Next()
    {
        _first = _count;
        _expected = -1;
        _bulk = -1;
        _at = 0;
        _isInline = false;
    }

    /// <summary>Forgets the ranges of the commands before this one, of which a part may have been read.</summary>
    public void Forget()
    {
        if (_first > 0)
        {
            _ranges.AsSpan(_first, Count).CopyTo(_ranges);
            _count -= _first;
            _first = 0;
        }
    }

    /// <summary>Forgets all commands.</summary>
    public void Clear()
    {
        _count = 0;
        Next();
        if (_ranges.Length > RangesKept)
        {
            _ranges = new RespRange[RangesAtFirst];
        }

        if (_words.Length > 0)
        {
            _words = [];
        }
    }

    /// <summary>Reads on; <paramref name="command"/> are the bytes from the command's start, as many as have come.</summary>
    public RespReadStatus Read(ReadOnlySpan<byte> command)
    {
        if (_expected < 0)
        {
            if (command.IsEmpty)
            {
                return Wait(1);
            }

            if (command[0] != (byte)'*')
            {
                return ReadInline(command);
            }

            RespReadStatus status = ReadLength(command, "invalid multibulk length", "too big mbulk count string", out long count);
            if (status != RespReadStatus.Complete)
            {
                return status;
            }

            if (count > ArgumentsMax)
            {
                return Break(IsOfStranger ? "unauthenticated multibulk length" : "invalid multibulk length");
            }

            _expected = (int)Math.Max(0, count);
        }

        while (Count < _expected)
        {
            if (_bulk < 0)
            {
                RespReadStatus status = ReadBulkLength(command);
                if (status != RespReadStatus.Complete)
                {
                    return status;
                }
            }

            int left = command.Length - _at - _bulk - 2;
            if (left < 0)
            {
                return Wait(-left);
            }

            Add(new RespRange(_at, _bulk));
            _at += _bulk + 2;
            _bulk = -1;
        }

        return RespReadStatus.Complete;
    }

    private RespReadStatus ReadBulkLength(ReadOnlySpan<byte> command)
    {
        if (_at == command.Length)
        {
            return Wait(1);
        }

        if (command[_at] != (byte)'$')
        {
            return Break($"expected '$', got '{(char)command[_at]}'");
        }

        RespReadStatus status = ReadLength(command, "invalid bulk length", "too big bulk count string", out long length);
        if (status != RespReadStatus.Complete)
        {
            return status;
        }

        if (length < 0 || length > BulkBytesMax)
        {
            return Break(IsOfStranger && length > 0 ? "unauthenticated bulk length" : "invalid bulk length");
        }

        _bulk = (int)length;
        return RespReadStatus.Complete;
    }

    // A sign, a number, and the end of a line.
    private RespReadStatus ReadLength(ReadOnlySpan<byte> command, string invalid, string tooLong, out long value)
    {
        value = 0;
        int at = _at + 1;
        bool isNegative = at < command.Length && command[at] == (byte)'-';
        at += isNegative ? 1 : 0;
        int first = at;
        while (at < command.Length && (uint)(command[at] - '0') <= 9)
        {
            value = at - first < 18 ? (value * 10) + command[at] - '0' : long.MaxValue;
            at++;
        }

        if (at - _at > LengthLineMax)
        {
            return Break(tooLong);
        }

        if (at + 2 > command.Length && (at == command.Length || command[at] == (byte)'\r'))
        {
            return Wait(at + 2 - command.Length);
        }

        if (at == first || command[at] != (byte)'\r' || command[at + 1] != (byte)'\n')
        {
            return Break(invalid);
        }

        value = isNegative ? -value : value;
        _at = at + 2;
        return RespReadStatus.Complete;
    }

    private RespReadStatus ReadInline(ReadOnlySpan<byte> command)
    {
        int end = command[_at..].IndexOf((byte)'\n');
        if (end < 0)
        {
            _at = command.Length;
            return _at > InlineBytesMax ? Break("too big inline request") : Wait(1);
        }

        end += _at;
        _at = end + 1;
        if (end > InlineBytesMax)
        {
            return Break("too big inline request");
        }

        ReadOnlySpan<byte> line = command[..end];
        line = line.EndsWith("\r"u8) ? line[..^1] : line;
        if (_words.Length < line.Length)
        {
            _words = new byte[line.Length];
        }

        _isInline = true;
        int used = 0;
        while (RespInline.TryTakeWord(ref line, _words.AsSpan(used), out int length, out bool isWord))
        {
            if (!isWord)
            {
                return RespReadStatus.Complete;
            }

            Add(new RespRange(used, length));
            used += length;
        }

        return Break("unbalanced quotes in request");
    }

    private void Add(RespRange range)
    {
        if (_count == _ranges.Length)
        {
            Array.Resize(ref _ranges, 2 * _count);
        }

        _ranges[_count++] = range;
    }

    private RespReadStatus Wait(int needed)
    {
        Needed = needed;
        return RespReadStatus.Incomplete;
    }

    private RespReadStatus Break(string error)
    {
        Error = $"Protocol error: {error}";
        return RespReadStatus.Broken;
    }
}
