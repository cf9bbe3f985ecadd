using Nexo.Engine.Sessions;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Sessions;

public sealed class SessionMemoryTests
{
    [Fact]
    public void Queueing_sending_and_acknowledging_allocate_no_managed_memory()
    {
        using var log = new ForgettingLog();
        using var service = new SessionService(new SessionLimits(), new EngineClock(TimeProvider.System), log);
        var holder = new SessionHarness.Holder();
        service.Open("u", "c"u8, new SessionTerms(false, 60), holder, out SessionOpened opened);
        byte[] bytes = new byte[100];
        Span<SessionEntry> entries = new SessionEntry[10];
        ushort id = 1;
        int total = 0;
        int dropped = 0;
        long least = long.MaxValue;
        for (int window = 0; window < 5; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
            {
                SessionBody body = service.Keep("topic"u8, [], bytes, null);
                for (int j = 0; j < entries.Length; j++)
                {
                    entries[j] = new SessionEntry(body, IsExactlyOnce: j % 2 == 0, Retain: false, 0);
                }

                dropped += opened.Link.Session.Enqueue(entries);
                body.Release();
                while (opened.Link.TryNext(out SessionDelivery delivery))
                {
                    total += delivery.Body.Length == 100 ? 1 : 0;
                    delivery.Dispose();
                    if (delivery.IsExactlyOnce)
                    {
                        opened.Link.Received(id, out _);
                        opened.Link.Complete(id);
                    }
                    else
                    {
                        opened.Link.Acknowledge(id);
                    }

                    id = (ushort)(id == ushort.MaxValue ? 1 : id + 1);
                }
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(0, dropped);
        Assert.Equal(50_000, total);
        service.Check();
    }

    [Fact]
    public void A_session_that_waits_takes_some_hundred_bytes()
    {
        const int Sessions = 20_000;
        using var service = new SessionService(new SessionLimits(), new EngineClock(TimeProvider.System));
        var holder = new SessionHarness.Holder();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Sessions; i++)
        {
            byte[] client = SessionHarness.Bytes($"client-{i:D8}");
            service.Open("user", client, new SessionTerms(false, 3_600), holder, out SessionOpened opened);
            opened.Link.Subscribe(SessionHarness.Bytes($"device/{i}/#"), 1, 0, out _, out _);
            opened.Link.Close();
        }

        // With all that was only needed to make them: what others do at the time does not count.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Sessions, 100, 1_200);
        Assert.Equal(Sessions, service.Stats.Sessions);
    }

    /// <summary>A log that takes everything, keeps nothing, and is always durable.</summary>
    private sealed class ForgettingLog : IDurableLog, LogAppend.IEnd, IDisposable
    {
        private readonly Lock _gate = new();
        private readonly byte[] _bytes = new byte[64 * 1_024];
        private ulong _last;

        public Lsn AppendedLsn => new(_last);

        public Lsn DurableLsn => new(_last);

        public LogRoom RoomFor(int payloadBytes) => LogRoom.Ok;

        public LogRoom RoomForRemoval(int payloadBytes) => LogRoom.Ok;

        public LogAppend Begin(byte kind, int payloadBytes)
        {
            _gate.Enter();
            _last++;
            return new LogAppend(this, _bytes.AsSpan(0, payloadBytes), new Lsn(_last));
        }

        public void EndAppend() => _gate.Exit();

        public ValueTask WhenDurableAsync(Lsn lsn) => ValueTask.CompletedTask;

        public void Dispose()
        {
        }
    }
}
