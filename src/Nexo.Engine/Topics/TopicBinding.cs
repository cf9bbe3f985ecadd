namespace Nexo.Engine.Topics;

/// <summary>Where bindings lead; one object for all bindings with the same target.</summary>
internal sealed class BoundTarget(TopicTargetKind kind, byte[] name, int number)
{
    public TopicTargetKind Kind { get; } = kind;

    public byte[] Name { get; } = name;

    /// <summary>Its own: bindings of a route that have the same target lie side by side.</summary>
    public int Number { get; } = number;

    /// <summary>Bindings that lead here.</summary>
    public int Bindings { get; set; }
}

/// <summary>A binding. All but its counters never changes.</summary>
internal sealed class TopicBinding(byte[] name, byte[] filter, BoundTarget target, bool keyByTopic)
{
    private long _taken;
    private long _refused;

    public byte[] Name { get; } = name;

    public byte[] Filter { get; } = filter;

    public BoundTarget Target { get; } = target;

    public bool KeyByTopic { get; } = keyByTopic;

    /// <summary>Messages that its target has taken, since the start.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Messages that its target has not taken, since the start.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public bool Is(in TopicBindingSpec spec) =>
        Target.Kind == spec.Kind
            && KeyByTopic == spec.KeyByTopic
            && spec.Filter.SequenceEqual(Filter)
            && spec.Target.SequenceEqual(Target.Name);

    public void Count(bool taken) => Interlocked.Increment(ref taken ? ref _taken : ref _refused);

    public TopicBindingInfo Describe() => new(Name, Filter, Target.Kind, Target.Name, KeyByTopic, Taken, Refused);
}

/// <summary>What a binding is to be; its bytes are borrowed for the call.</summary>
public readonly ref struct TopicBindingSpec
{
    public ReadOnlySpan<byte> Name { get; init; }

    public ReadOnlySpan<byte> Filter { get; init; }

    public TopicTargetKind Kind { get; init; }

    /// <summary>The queue's or the stream's name.</summary>
    public ReadOnlySpan<byte> Target { get; init; }

    /// <summary>The topic is the record's key in a stream, the message's group in a queue.</summary>
    public bool KeyByTopic { get; init; }
}

/// <summary>A binding and what it has done.</summary>
/// <param name="Name">UTF-8.</param>
/// <param name="Filter">UTF-8.</param>
/// <param name="Kind">What it feeds.</param>
/// <param name="Target">The queue's or the stream's name.</param>
/// <param name="KeyByTopic">The topic is the record's key, or the message's group.</param>
/// <param name="Taken">Messages that its target has taken, since the start.</param>
/// <param name="Refused">Messages that its target has not taken, since the start.</param>
public readonly record struct TopicBindingInfo(
    ReadOnlyMemory<byte> Name,
    ReadOnlyMemory<byte> Filter,
    TopicTargetKind Kind,
    ReadOnlyMemory<byte> Target,
    bool KeyByTopic,
    long Taken,
    long Refused);
