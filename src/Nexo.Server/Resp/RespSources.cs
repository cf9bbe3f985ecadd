using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Arguments as the store takes keys, fields or elements.</summary>
internal ref struct RespBlobs(RespArguments arguments, int step = 1) : IBlobSource
{
    private readonly RespArguments _arguments = arguments;
    private readonly int _step = step;
    private int _next;

    public bool TryTake(out ReadOnlySpan<byte> item)
    {
        item = default;
        if (_next >= _arguments.Count)
        {
            return false;
        }

        item = _arguments[_next];
        _next += _step;
        return true;
    }
}

/// <summary>Arguments two by two as the store takes fields and values.</summary>
internal ref struct RespPairs(RespArguments arguments) : IPairSource
{
    private readonly RespArguments _arguments = arguments;
    private int _next;

    public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        first = default;
        second = default;
        if (_next + 1 >= _arguments.Count)
        {
            return false;
        }

        first = _arguments[_next];
        second = _arguments[_next + 1];
        _next += 2;
        return true;
    }
}

/// <summary>Answers with a value.</summary>
internal readonly struct RespValueSink(RespWriter reply) : IValueSink
{
    public void Take(ReadOnlySpan<byte> value) => reply.Bulk(value);
}

/// <summary>Answers with a part of a value: from and to both count, and negative from its end.</summary>
internal readonly struct RespRangeSink(RespWriter reply, long first, long last) : IValueSink
{
    public void Take(ReadOnlySpan<byte> value)
    {
        long from = Math.Max(0, first < 0 ? value.Length + first : first);
        long to = Math.Min(value.Length - 1, Math.Max(0, last < 0 ? value.Length + last : last));
        bool isReversed = first < 0 && last < 0 && first > last;
        reply.Bulk(isReversed || from > to ? default : value[(int)from..(int)(to + 1)]);
    }
}

/// <summary>Answers with the values of fields, as far as they are there.</summary>
internal readonly struct RespFieldSink(RespConnection connection) : IFieldSink
{
    public bool Add(bool found, ReadOnlySpan<byte> value)
    {
        RespWriter reply = connection.ScratchWriter;
        if (found)
        {
            reply.Bulk(value);
        }
        else
        {
            reply.Null();
        }

        return !connection.IsScratchFull;
    }
}

/// <summary>Counts fields that are there.</summary>
internal struct RespFieldCount : IFieldSink
{
    public int Found { get; private set; }

    public int Bytes { get; private set; }

    public bool Add(bool found, ReadOnlySpan<byte> value)
    {
        Found += found ? 1 : 0;
        Bytes += value.Length;
        return true;
    }
}

/// <summary>Writes fields, values or both, and counts them.</summary>
internal struct RespHashSink(RespConnection connection, bool fields, bool values) : IHashSink
{
    private readonly RespWriter _target = connection.ScratchWriter;

    public int Count { get; private set; }

    /// <summary>Fields that do not match it are passed over.</summary>
    public byte[]? Pattern { get; init; }

    /// <summary>Each field is an array with its value.</summary>
    public bool IsNested { get; init; }

    public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (Pattern is not null && !RespGlob.Matches(Pattern, field))
        {
            return true;
        }

        if (IsNested)
        {
            _target.Array(2);
        }

        if (fields)
        {
            _target.Bulk(field);
        }

        if (values)
        {
            _target.Bulk(value);
        }

        Count++;
        return !connection.IsScratchFull;
    }
}

/// <summary>Writes the keys of a page of a scan, up to so many bytes and one key, and counts them.</summary>
internal struct RespScanSink(RespConnection connection, int bytesMax) : IScanSink
{
    private readonly RespWriter _target = connection.ScratchWriter;

    public int Count { get; private set; }

    /// <summary>Null: all.</summary>
    public byte[]? Pattern { get; init; }

    /// <summary>Null: any.</summary>
    public StoreEntryKind? Kind { get; init; }

    public bool Add(StoreEntryKind kind, ReadOnlySpan<byte> key)
    {
        if (_target.Buffer.Count >= bytesMax)
        {
            return false;
        }

        if ((Kind is null || Kind == kind) && (Pattern is null || RespGlob.Matches(Pattern, key)))
        {
            _target.Bulk(key);
            Count++;
        }

        return true;
    }
}
