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

        byte[] cursor = [];
        if (number != 0)
        {
            byte[]? kept = request.Connection.Server.Cursors.Find(number);
            if (kept is null)
            {
                request.Fail("ERR invalid cursor"u8);
                return;
            }

            cursor = kept;
        }

        byte[] prefix = options.Pattern is null ? [] : RespGlob.Prefix(options.Pattern, out _);
        RespConnection connection = request.Connection;
        var sink = new RespScanSink(connection, options.Pattern, options.Kind);
        using var next = new FrameBuffer();
        StoreStatus status = request.Store.Scan(prefix, cursor, options.Count, ref sink, next);
        if (status != StoreStatus.Ok)
        {
            connection.Scratch.Clear();
            request.Fail(status == StoreStatus.CursorInvalid ? "ERR invalid cursor"u8 : RespErrors.Syntax);
            return;
        }

        ulong goesOn = next.IsEmpty ? 0 : connection.Server.Cursors.Keep(next.Written.Span);
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
            var sink = new RespScanSink(connection, pattern, null);
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
