using System.Text;
using Nexo.Engine.Sessions;
using Nexo.Storage;

namespace Nexo.Engine.Tests.Sessions;

/// <summary>What a session is, as text: by what a snapshot has of it.</summary>
internal static class SessionText
{
    public static string ClientOf(Session session) => Encoding.UTF8.GetString(session.ClientId);

    public static string Of(
        Session session,
        Func<ulong, uint, long, IEnumerable<string>, IEnumerable<ushort>, string> head,
        Func<ulong, Item, string> message)
    {
        var sink = new Reading();
        var buffer = new RecordBuffer();
        session.SnapshotSettings(buffer);
        ulong from = 0;
        bool more = true;
        while (more)
        {
            more = !session.SnapshotQueue(buffer, ref from, []);
            buffer.Deliver(sink, new Lsn(1));
        }

        return head(
                session.Last,
                session.ExpirySeconds,
                session.DeadlineMs,
                session.Subscriptions.Select(s => $"{Encoding.UTF8.GetString(s.Filter)}:{(s.Options, s.Identifier)}")
                    .Order(StringComparer.Ordinal),
                sink.Inbound)
            + string.Concat(sink.Items.Select(pair => message(pair.Key, pair.Value)));
    }

    public sealed record Item(
        string Body, bool ExactlyOnce, bool Retain, uint Identifier, long DeadlineMs, bool Received, bool WasSent);

    private sealed class Reading : IRecordSink
    {
        private readonly Dictionary<ulong, (string Body, long DeadlineMs)> _bodies = [];

        public List<ushort> Inbound { get; } = [];

        public SortedDictionary<ulong, Item> Items { get; } = [];

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            var reader = new RecordReader(payload);
            switch ((SessionRecordKind)kind)
            {
                case SessionRecordKind.InboundTaken:
                    reader.U32();
                    Inbound.Add(reader.U16());
                    break;
                case SessionRecordKind.BodyStored:
                    BodyStoredRecord.TryRead(payload, out BodyStoredRecord body);
                    _bodies[body.Id] = (Encoding.UTF8.GetString(body.Body), body.DeadlineMs);
                    break;
                case SessionRecordKind.QueueKept:
                    reader.U32();
                    reader.U64();
                    ulong sent = reader.U64();
                    for (ulong number = reader.U64(); reader.Left > 0; number++)
                    {
                        Read(ref reader, number, sent);
                    }

                    break;
                default:
                    break;
            }
        }

        private void Read(ref RecordReader reader, ulong number, ulong sent)
        {
            ulong body = reader.U64();
            var marks = (SessionMarks)reader.U8();
            uint identifier = reader.U32();
            if (marks == SessionMarks.None)
            {
                return;
            }

            (string text, long deadline) = _bodies.GetValueOrDefault(body, (string.Empty, 0));
            Items[number] = new Item(
                text,
                (marks & SessionMarks.ExactlyOnce) != 0,
                (marks & SessionMarks.Retain) != 0,
                identifier,
                deadline,
                (marks & SessionMarks.Received) != 0,
                number <= sent);
        }
    }
}
