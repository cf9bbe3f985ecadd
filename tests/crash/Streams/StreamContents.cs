using System.Text;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <summary>All records of a stream, read from its beginning; empty when there is no such stream.</summary>
internal sealed record StreamContents(ulong First, ulong Next, IReadOnlyList<StreamCopy> Records)
{
    private const uint PageRecords = 5_000;

    /// <exception cref="WireEndedException">The server is gone, or refuses to show it.</exception>
    public static async Task<StreamContents> ReadAsync(WireConnection connection, string stream, CancellationToken cancel)
    {
        byte[] name = Encoding.UTF8.GetBytes(stream);
        List<StreamCopy> records = [];
        var from = new StreamPosition(PositionKind.Beginning);
        while (true)
        {
            StreamPosition at = from;
            Frame answer = await connection.AskAsync(
                Opcode.StreamRead,
                Durability.ServerDefault,
                body => new StreamReadRequest { From = at, RecordsMax = PageRecords, Stream = name }.Write(body),
                cancel);
            if (answer.Error == ErrorCode.StreamNotFound)
            {
                return new StreamContents(0, 0, records);
            }

            if (answer.Kind != FrameKind.Reply || !StreamReadReply.TryRead(answer.Body, out StreamReadReply page))
            {
                throw new WireEndedException($"a read of {stream} was answered with {answer.Kind} {answer.ErrorText}");
            }

            while (page.Records.TryTake(out StreamedRecord record))
            {
                records.Add(StreamCopy.Of(record));
            }

            if (page.ContinueAt >= page.Range.Next)
            {
                // What retention lets go while it is read was there all the same.
                return new StreamContents(records.Count > 0 ? records[0].Offset : page.Range.First, page.Range.Next, records);
            }

            from = new StreamPosition(PositionKind.Offset, page.ContinueAt);
        }
    }
}
