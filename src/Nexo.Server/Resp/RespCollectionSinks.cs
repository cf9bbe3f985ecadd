using System.Buffers.Binary;
using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Writes elements, members and ranks to the scratch of a connection, as many as an answer may have, and counts them.</summary>
internal struct RespItemSink(RespConnection connection) : IBlobSink, IHashSink, IRankSink
{
    private readonly RespWriter _target = connection.ScratchWriter;

    public int Count { get; private set; }

    public bool Add(ReadOnlySpan<byte> item)
    {
        _target.Bulk(item);
        Count++;
        return !connection.IsScratchFull;
    }

    public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => Add(field);

    public bool Add(long rank)
    {
        _target.Integer(rank);
        Count++;
        return !connection.IsScratchFull;
    }
}

/// <summary>As <see cref="RespItemSink"/>, members with their scores if they are wanted.</summary>
internal struct RespScoreSink(RespConnection connection, bool scores) : IScoreSink
{
    private readonly RespWriter _target = connection.ScratchWriter;

    public int Count { get; private set; }

    /// <summary>Each member is an array with its score, in RESP2 too.</summary>
    public bool Nested { get; init; }

    public bool Add(ReadOnlySpan<byte> member, double score)
    {
        if (scores && Nested)
        {
            _target.Array(2);
        }

        _target.Bulk(member);
        if (scores)
        {
            _target.Double(score);
        }

        Count++;
        return !connection.IsScratchFull;
    }
}

/// <summary>Writes for each member whether it is there.</summary>
internal readonly struct RespFoundSink(RespWriter target) : IFieldSink
{
    public bool Add(bool found, ReadOnlySpan<byte> value)
    {
        target.Integer(found ? 1 : 0);
        return true;
    }
}

/// <summary>Writes the scores of members, as far as they are there.</summary>
internal readonly struct RespFoundScoreSink(RespWriter target) : IFieldSink
{
    public bool Add(bool found, ReadOnlySpan<byte> value)
    {
        if (found)
        {
            target.Double(BinaryPrimitives.ReadDoubleLittleEndian(value));
        }
        else
        {
            target.Null();
        }

        return true;
    }
}

/// <summary>Writes what a scan of members finds, with their scores as text if there are any, and counts what it wrote.</summary>
internal struct RespMemberScanSink(RespWriter target, byte[]? pattern, bool scores) : IHashSink
{
    public int Count { get; private set; }

    public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (pattern is not null && !RespGlob.Matches(pattern, field))
        {
            return true;
        }

        target.Bulk(field);
        Count++;
        if (scores)
        {
            Span<byte> text = stackalloc byte[32];
            target.Bulk(RespWriter.FormatDouble(BinaryPrimitives.ReadDoubleLittleEndian(value), text));
            Count++;
        }

        return true;
    }
}

/// <summary>What the commands on lists, sets and sorted sets have in common.</summary>
internal static class RespCollections
{
    private const long MembersAside = 20_000;

    public static void EndCount(in RespRequest request, StoreStatus status, long count)
    {
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Integer(count); break;
            case StoreStatus.NotFound: request.Reply.Integer(0); break;
            default: request.Fail(status); break;
        }
    }

    /// <summary>
    /// Answers with what was written to the scratch; a key that is missing is empty. What has been taken out is answered with,
    /// although it is as much as an answer may have: the rest is where it was.
    /// </summary>
    public static void EndArray(in RespRequest request, StoreStatus status, int count, bool isTaken = false)
    {
        if (IsAnswer(request, status) && (isTaken || !request.Connection.FailIfScratchFull()))
        {
            request.Reply.Array(count);
            request.Connection.AppendScratch();
        }
    }

    public static void EndSet(in RespRequest request, StoreStatus status, int count, bool isTaken = false)
    {
        if (IsAnswer(request, status) && (isTaken || !request.Connection.FailIfScratchFull()))
        {
            request.Reply.Set(count);
            request.Connection.AppendScratch();
        }
    }

    /// <summary>Answers with one item that was written to the scratch as a whole reply, or with nothing.</summary>
    public static void EndOne(in RespRequest request, StoreStatus status, int count)
    {
        if (!IsAnswer(request, status))
        {
            return;
        }

        if (count == 0)
        {
            request.Reply.Null();
        }

        request.Connection.AppendScratch();
    }

    /// <summary>Whether a status has an answer of its own; if not, it was answered with an error.</summary>
    public static bool IsAnswer(in RespRequest request, StoreStatus status)
    {
        if (status is StoreStatus.Ok or StoreStatus.NotFound)
        {
            return true;
        }

        request.Connection.Scratch.Clear();
        request.Fail(status);
        return false;
    }

    /// <summary>Reads a count that must not be negative, or answers that it is not one.</summary>
    public static bool TryPositive(in RespRequest request, int index, out long value)
    {
        if (RespNumbers.TryInteger(request[index], out value) && value >= 0)
        {
            return true;
        }

        request.Fail("ERR value is out of range, must be positive"u8);
        return false;
    }

    /// <summary>Reads the number of keys that follows, and the keys; false: it was answered with an error.</summary>
    public static bool TryKeys(in RespRequest request, int index, out byte[][] keys)
    {
        keys = [];
        if (!RespNumbers.TryInteger(request[index], out long count) || count <= 0)
        {
            request.Fail("ERR numkeys should be greater than 0"u8);
            return false;
        }

        if (count >= request.Count - index)
        {
            request.FailSyntax();
            return false;
        }

        keys = KeysOf(request.Arguments.Slice(index + 1, (int)count));
        return true;
    }

    // Own the bytes here: what waits outlives the request.
    public static byte[][] KeysOf(RespArguments arguments)
    {
        byte[][] keys = new byte[arguments.Count][];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = arguments[i].ToArray();
        }

        return keys;
    }

    /// <summary>
    /// Does what goes over all members of these keys: where they are many, on a thread that reads nobody. The handler is
    /// given no arguments.
    /// </summary>
    public static void Over(in RespRequest request, byte[][] keys, RespHandler handle)
    {
        RespConnection connection = request.Connection;
        RespCommand command = request.Command;
        long members = 0;
        foreach (byte[] key in keys)
        {
            if (request.Store.SetCount(key, out int count) == StoreStatus.WrongType)
            {
                request.Store.SortedCount(key, out count);
            }

            members += count;
        }

        if (members < MembersAside)
        {
            handle(new RespRequest(connection, command, default));
            return;
        }

        connection.Aside(() => handle(new RespRequest(connection, command, default)));
    }

    /// <summary>SSCAN and ZSCAN.</summary>
    public static void Scan(in RespRequest request, StoreEntryKind kind)
    {
        if (!RespScanCommands.TryCursor(request[2], out ulong number))
        {
            request.Fail("ERR invalid cursor"u8);
            return;
        }

        if (!RespScanCommands.TryOptions(request, out RespScanCommands.ScanOptions options, first: 3))
        {
            return;
        }

        // One that is none of ours is past everything.
        uint cursor = (uint)number;
        RespConnection connection = request.Connection;
        var sink = new RespMemberScanSink(connection.ScratchWriter, options.Pattern, kind == StoreEntryKind.SortedSet);
        StoreStatus status = RespScanCommands.Page(request, kind, ref cursor, options.Count, ref sink);
        if (IsAnswer(request, status))
        {
            request.Reply.Array(2);
            request.Reply.BulkNumber(cursor);
            request.Reply.Array(sink.Count);
            connection.AppendScratch();
        }
    }
}
