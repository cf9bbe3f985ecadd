using System.Buffers.Text;
using Nexo.Engine.Store;
using Nexo.Protocol;

namespace Nexo.Server.Resp;

/// <summary>SCAN and KEYS.</summary>
internal static class RespScanCommands
{
    private const int CountDefault = 10;
    private const int CountMax = 10_000;
    private const int PageOfKeys = 1_000;

    // Keys and values may be large: a page with so many bytes ends.
    private const int PageBytesMax = 1_024 * 1_024;
    private const int ItemsAtOnce = 8;

    public static void Scan(in RespRequest request)
    {
        if (!TryCursor(request[1], out ulong number))
        {
            request.Fail("ERR invalid cursor"u8);
            return;
        }

        if (!TryOptions(request, out ScanOptions options))
        {
            return;
        }

        if (!request.Connection.Server.Cursors.TryFind(number, out byte[] cursor))
        {
            request.Fail("ERR invalid cursor"u8);
            return;
        }

        byte[] prefix = options.Pattern is null ? [] : RespGlob.Prefix(options.Pattern, out _);
        RespConnection connection = request.Connection;
        var sink = new RespScanSink(connection, PageBytesMax) { Pattern = options.Pattern, Kind = options.Kind };
        using var next = new FrameBuffer();
        StoreStatus status = request.Store.Scan(prefix, cursor, options.Count, ref sink, next);
        if (status != StoreStatus.Ok)
        {
            connection.Scratch.Clear();
            request.Fail(status == StoreStatus.CursorInvalid ? "ERR invalid cursor"u8 : RespErrors.Syntax);
            return;
        }

        ulong goesOn = next.IsEmpty ? 0 : connection.Server.Cursors.Keep(next.Written.Span, number);
        request.Reply.Array(2);
        request.Reply.BulkNumber((long)goesOn);
        request.Reply.Array(sink.Count);
        connection.AppendScratch();
    }

    public static void Keys(in RespRequest request)
    {
        // Own the bytes here: what follows runs when they have gone.
        byte[] pattern = request[1].ToArray();
        RespConnection connection = request.Connection;
        connection.Aside(() =>
        {
            byte[] prefix = RespGlob.Prefix(pattern, out _);
            var sink = new RespScanSink(connection, connection.Server.AnswerBytesMax + 1) { Pattern = pattern };
            using var cursor = new FrameBuffer();
            byte[] at = [];
            do
            {
                cursor.Clear();
                connection.Server.Store.Scan(prefix, at, PageOfKeys, ref sink, cursor);
                at = cursor.Written.ToArray();
            }
            while (at.Length > 0 && !connection.IsScratchFull);

            if (connection.FailIfScratchFull())
            {
                return;
            }

            connection.Writer.Array(sink.Count);
            connection.AppendScratch();
        });
    }

    /// <summary>
    /// Gives out a page of what a hash, a set or a sorted set has behind a cursor: about so many items, fewer if they are large.
    /// </summary>
    public static StoreStatus Page<TSink>(in RespRequest request, StoreEntryKind kind, ref uint cursor, int count, ref TSink sink)
        where TSink : struct, IHashSink
    {
        StoreStatus status;
        int left = count;
        do
        {
            status = request.Store.ScanFields(kind, request[1], ref cursor, Math.Min(left, ItemsAtOnce), ref sink);
            left -= ItemsAtOnce;
        }
        while (status == StoreStatus.Ok && cursor != 0 && left > 0 && request.Connection.Scratch.Count < PageBytesMax);

        // It may have gone between two looks: then that was all.
        cursor = status == StoreStatus.Ok ? cursor : 0;
        return status;
    }

    /// <summary>Reads MATCH, COUNT and TYPE behind the cursor; false: it was answered with an error.</summary>
    public static bool TryOptions(in RespRequest request, out ScanOptions options, int first = 2)
    {
        options = new ScanOptions(null, CountDefault, null);
        for (int at = first; at < request.Count; at += 2)
        {
            if (at + 1 == request.Count)
            {
                request.FailSyntax();
                return false;
            }

            if (request.Is(at, "match"u8))
            {
                options = options with { Pattern = request[at + 1].ToArray() };
            }
            else if (request.Is(at, "count"u8))
            {
                if (!request.TryInteger(at + 1, out long count))
                {
                    return false;
                }

                if (count < 1)
                {
                    request.FailSyntax();
                    return false;
                }

                options = options with { Count = (int)Math.Min(count, CountMax) };
            }
            else if (request.Is(at, "type"u8) && first == 2)
            {
                if (!RespKinds.TryRead(request[at + 1], out StoreEntryKind kind))
                {
                    request.Fail("ERR unknown type name"u8);
                    return false;
                }

                options = options with { Kind = kind };
            }
            else
            {
                request.FailSyntax();
                return false;
            }
        }

        return true;
    }

    public static bool TryCursor(ReadOnlySpan<byte> text, out ulong cursor) =>
        Utf8Parser.TryParse(text, out cursor, out int used) && used == text.Length;

    /// <param name="Pattern">Null: all.</param>
    /// <param name="Count">Keys to look at.</param>
    /// <param name="Kind">Null: any.</param>
    internal readonly record struct ScanOptions(byte[]? Pattern, int Count, StoreEntryKind? Kind);
}
