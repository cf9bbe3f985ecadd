namespace Nexo.Server.Resp;

/// <summary>Where an argument lies among the bytes of its command.</summary>
internal readonly record struct RespRange(int Start, int Length);

/// <summary>A command's name and arguments: spans over what was received, valid until the handler returns.</summary>
internal readonly ref struct RespArguments(ReadOnlySpan<byte> bytes, ReadOnlySpan<RespRange> ranges)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly ReadOnlySpan<RespRange> _ranges = ranges;

    public int Count => _ranges.Length;

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            RespRange range = _ranges[index];
            return _bytes.Slice(range.Start, range.Length);
        }
    }

    /// <summary>Those from an index on.</summary>
    public RespArguments From(int first) => new(_bytes, _ranges[first..]);

    /// <summary>So many from an index on.</summary>
    public RespArguments Slice(int first, int count) => new(_bytes, _ranges.Slice(first, count));
}
