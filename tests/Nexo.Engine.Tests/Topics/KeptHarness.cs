using System.Text;
using Nexo.Engine.Tests.Store;
using Nexo.Engine.Topics;
using Nexo.Storage;

namespace Nexo.Engine.Tests.Topics;

/// <summary>Topics on a clock that is set by hand, with targets that write down what they are given.</summary>
internal sealed class KeptHarness : IDisposable
{
    public KeptHarness(TopicLimits? limits = null, MemoryLog? log = null)
        : this(limits ?? new TopicLimits(), new ManualTime(), new TargetList(), log, isRecovering: false)
    {
    }

    private KeptHarness(TopicLimits limits, ManualTime time, TargetList targets, MemoryLog? log, bool isRecovering)
    {
        Limits = limits;
        Time = time;
        Targets = targets;
        Log = log;
        Clock = new EngineClock(time);
        Service = new TopicService(limits, Clock, targets, isRecovering ? null : log);
    }

    public TopicLimits Limits { get; }

    public ManualTime Time { get; }

    public TargetList Targets { get; }

    public MemoryLog? Log { get; }

    public EngineClock Clock { get; }

    public TopicService Service { get; }

    public TopicWork Work { get; } = new();

    public TopicPublished Published { get; private set; }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Publishes, and delivers at once.</summary>
    public TopicStatus Publish(
        string topic, string body, bool retain = true, long? ttlMs = null, string headers = "", TopicOwner? by = null)
    {
        TopicStatus status = PublishOnly(topic, body, retain, ttlMs, headers, by);
        Run();
        return status;
    }

    /// <summary>Publishes; what it delivers waits for <see cref="Run"/>.</summary>
    public TopicStatus PublishOnly(
        string topic, string body, bool retain = true, long? ttlMs = null, string headers = "", TopicOwner? by = null)
    {
        var message = new TopicMessage
        {
            Topic = Bytes(topic),
            Headers = Bytes(headers),
            Body = Bytes(body),
            Retain = retain,
            TtlMs = ttlMs,
            Publisher = by,
        };
        TopicStatus status = Service.Publish(message, Work, out TopicPublished published);
        Published = published;
        return status;
    }

    public void Run()
    {
        while (Work.Run())
        {
            // Until all have it.
        }
    }

    public TopicSubscriber Subscribe(ITopicSink sink, params string[] filters) => Subscribe(sink, retained: true, filters);

    public TopicSubscriber Subscribe(ITopicSink sink, bool retained, params string[] filters)
    {
        var options = new TopicSubscribeOptions(new TopicOwner(), retained, NotOwn: false, TopicWhenSlow.DropOldest);
        TopicStatus status = Service.Subscribe(sink, options, ListOf(filters), out TopicSubscriber? subscriber);
        Xunit.Assert.Equal(TopicStatus.Ok, status);
        return subscriber!;
    }

    public static TopicFilterList ListOf(params string[] filters) => new(TopicFilterList.Encode(filters), filters.Length);

    /// <summary>Delivers all that is retained for a subscription.</summary>
    public static void ReadRetained(TopicSubscriber subscriber, int bytesMax = 1_000)
    {
        while (subscriber.NextRetained(bytesMax))
        {
            // Page after page.
        }
    }

    /// <summary>All that is retained: <c>topic=body</c>, with what is left of its life.</summary>
    public string[] Retained(string filter = "", int pageItems = int.MaxValue)
    {
        byte[]? cursor = [];
        var all = new RetainedPage(Clock.WallMs);
        while (cursor is not null)
        {
            all.Room = pageItems;
            Xunit.Assert.Equal(TopicStatus.Ok, Service.ListRetained(Bytes(filter), ref cursor, ref all));
        }

        return [.. all.Items];
    }

    public TopicStatus Bind(
        string name, string filter, string target, TopicTargetKind kind = TopicTargetKind.Queue, bool keyByTopic = false) =>
        Service.SetBinding(
            new TopicBindingSpec
            {
                Name = Bytes(name),
                Filter = Bytes(filter),
                Kind = kind,
                Target = Bytes(target),
                KeyByTopic = keyByTopic,
            },
            out _,
            out _);

    public string[] Bindings() => [.. Service.ListBindings([], [], int.MaxValue).Select(Text)];

    public static string Text(TopicBindingInfo info) =>
        $"{Encoding.UTF8.GetString(info.Name.Span)}: {Encoding.UTF8.GetString(info.Filter.Span)} -> {info.Kind} "
        + $"{Encoding.UTF8.GetString(info.Target.Span)}{(info.KeyByTopic ? " by topic" : string.Empty)}";

    /// <summary>A later run of the server on the same log, or on what a snapshot has kept and the log behind it.</summary>
    public KeptHarness Restart(RecordList? snapshot = null, Lsn position = default, TopicLimits? limits = null)
    {
        ClockRecord last = Clock.Read();
        Dispose();
        var next = new KeptHarness(limits ?? Limits, Time, Targets, Log, isRecovering: true);
        next.Clock.Continue(last, last.EngineMs);
        TopicRecovery recovery = next.Service.BeginRecovery();
        snapshot?.Replay(recovery);
        Log!.Replay(position, recovery);
        recovery.Complete(Log);
        next.Service.Retained.Check();
        return next;
    }

    public RecordList TakeSnapshot(out Lsn position)
    {
        var records = new RecordList();
        position = Log!.End;
        TopicSnapshot snapshot = Service.BeginSnapshot(position);
        while (snapshot.MoveNext(records))
        {
            // Slice after slice.
        }

        return records;
    }

    public void Dispose() => Service.Dispose();

    /// <summary>Writes down what it is given, so many a page.</summary>
    private sealed class RetainedPage(long nowMs) : IRetainedPage
    {
        public List<string> Items { get; } = [];

        public int Room { get; set; }

        public bool TryAdd(in RetainedMessage message)
        {
            if (Room == 0)
            {
                return false;
            }

            Room--;
            string life = message.ExpiresAtMs == 0 ? string.Empty : $" for {message.ExpiresAtMs - nowMs}";
            string headers = message.Headers.IsEmpty ? string.Empty : $" ({Encoding.UTF8.GetString(message.Headers)})";
            Items.Add($"{Encoding.UTF8.GetString(message.Topic)}={Encoding.UTF8.GetString(message.Body)}{headers}{life}");
            return true;
        }
    }
}

/// <summary>Queues and streams that write down what they are given.</summary>
internal sealed class TargetList : ITopicTargets
{
    /// <summary>Names of those that do not take anything.</summary>
    public HashSet<string> Refusing { get; } = [];

    /// <summary>Names of those that are not there.</summary>
    public HashSet<string> Missing { get; } = [];

    public bool WaitsForLog { get; set; }

    public List<string> Pushed { get; } = [];

    public bool Exists(TopicTargetKind kind, ReadOnlySpan<byte> name) => !Missing.Contains(Encoding.UTF8.GetString(name));

    public TopicTargetResult Push(in BoundMessage message, object? batch)
    {
        string target = Encoding.UTF8.GetString(message.Target);
        if (Refusing.Contains(target))
        {
            return new TopicTargetResult(false, false);
        }

        string key = message.KeyByTopic ? " by topic" : string.Empty;
        string headers = message.Headers.IsEmpty ? string.Empty : $" ({Encoding.UTF8.GetString(message.Headers)})";
        string text = $"{Encoding.UTF8.GetString(message.Topic)}={Encoding.UTF8.GetString(message.Body)}";
        Pushed.Add($"{message.Kind} {target}: {text}{headers}{key}");
        return new TopicTargetResult(true, WaitsForLog);
    }
}

/// <summary>A subscription that writes down what it gets: <c>topic=body</c>, with a star if it was retained.</summary>
internal sealed class SinkList : ITopicSink
{
    public List<string> Got { get; } = [];

    public long Load => 0;

    public int Flushes { get; private set; }

    public int Deliver(TopicRun run)
    {
        lock (Got)
        {
            for (int i = 0; i < run.Count; i++)
            {
                TopicMessage message = run[i];
                Got.Add($"{Encoding.UTF8.GetString(message.Topic)}={Encoding.UTF8.GetString(message.Body)}{(run.IsRetained ? "*" : "")}");
            }
        }

        return 0;
    }

    public void Flush() => Flushes++;

    /// <summary>What came since the last call.</summary>
    public string[] Take()
    {
        lock (Got)
        {
            string[] got = [.. Got];
            Got.Clear();
            return got;
        }
    }
}
