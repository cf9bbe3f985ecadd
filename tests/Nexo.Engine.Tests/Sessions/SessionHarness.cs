using System.Text;
using Nexo.Engine.Sessions;
using Nexo.Engine.Tests.Store;
using Nexo.Engine.Tests.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Sessions;

/// <summary>Sessions on a clock that is set by hand, and a log of which a test says what is durable.</summary>
internal sealed class SessionHarness : IDisposable
{
    public SessionHarness(SessionLimits? limits = null, DurableMemoryLog? log = null)
        : this(limits ?? new SessionLimits(), new ManualTime(), log, isRecovering: false)
    {
    }

    private SessionHarness(SessionLimits limits, ManualTime time, DurableMemoryLog? log, bool isRecovering)
    {
        Limits = limits;
        Time = time;
        Log = log;
        Clock = new EngineClock(time);
        Service = new SessionService(limits, Clock, isRecovering ? null : log);
    }

    public SessionLimits Limits { get; }

    public ManualTime Time { get; }

    public DurableMemoryLog? Log { get; }

    public EngineClock Clock { get; }

    public SessionService Service { get; }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public Holder Connect(string client, uint expirySeconds = 60, bool clean = false, string user = "u")
    {
        var holder = new Holder();
        SessionStatus status = Service.Open(user, Bytes(client), new SessionTerms(clean, expirySeconds), holder, out SessionOpened opened);
        Assert.Equal(SessionStatus.Ok, status);
        holder.Opened = opened;
        return holder;
    }

    public Session Find(string client) => Service.List().Single(session => session.ClientId.SequenceEqual(Bytes(client)));

    /// <summary>Gives a message to a session; how many it has dropped.</summary>
    public int Send(
        Session session, string body, int quality = 1, long? ttlMs = null, bool retain = false, uint identifier = 0, string topic = "t")
    {
        SessionBody kept = Service.Keep(Bytes(topic), [], Bytes(body), ttlMs);
        int dropped = session.Enqueue([new SessionEntry(kept, quality == 2, retain, identifier)]);
        kept.Release();
        return dropped;
    }

    /// <summary>A later run of the server on the same log, or on what a snapshot has kept and the log behind it.</summary>
    public SessionHarness Restart(RecordList? snapshot = null, Lsn position = default, SessionLimits? limits = null)
    {
        ClockRecord last = Clock.Read();
        Dispose();
        var next = new SessionHarness(limits ?? Limits, Time, Log, isRecovering: true);
        next.Clock.Continue(last, last.EngineMs);
        SessionRecovery recovery = next.Service.BeginRecovery();
        snapshot?.Replay(recovery);
        Log!.Inner.Replay(position, recovery);
        recovery.Complete(Log);
        next.Service.Check();
        return next;
    }

    public RecordList TakeSnapshot(out Lsn position)
    {
        var records = new RecordList();
        position = Log!.Inner.End;
        SessionSnapshot snapshot = Service.BeginSnapshot(position);
        while (snapshot.MoveNext(records))
        {
            // Slice after slice.
        }

        return records;
    }

    public void Dispose() => Service.Dispose();

    /// <summary>A connection.</summary>
    public sealed class Holder : ISessionHolder
    {
        private int _wakes;

        public SessionOpened Opened { get; set; }

        public SessionLink Link => Opened.Link;

        public Session Session => Link.Session;

        public int Wakes => Volatile.Read(ref _wakes);

        public void Wake() => Interlocked.Increment(ref _wakes);

        /// <summary>The next as text: its packet id, what is said of it, and its body.</summary>
        public string? Next()
        {
            if (!Link.TryNext(out SessionDelivery delivery))
            {
                return null;
            }

            if (delivery.IsRelease)
            {
                return $"{delivery.PacketId} release";
            }

            string text = $"{delivery.PacketId} {(delivery.IsExactlyOnce ? "q2" : "q1")}{(delivery.IsDuplicate ? " dup" : "")}"
                + $"{(delivery.Retain ? " retain" : "")}{(delivery.Identifier == 0 ? "" : $" #{delivery.Identifier}")}"
                + $" {Encoding.UTF8.GetString(delivery.Topic)}={Encoding.UTF8.GetString(delivery.Body)}"
                + $"{(delivery.ExpiresInMs < 0 ? "" : $" for {delivery.ExpiresInMs}")}";
            delivery.Dispose();
            return text;
        }

        public string[] Drain()
        {
            var all = new List<string>();
            while (Next() is { } next)
            {
                all.Add(next);
            }

            return [.. all];
        }
    }
}
