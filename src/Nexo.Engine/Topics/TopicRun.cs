namespace Nexo.Engine.Topics;

/// <summary>
/// Neighbouring messages of one publisher that go to the same subscriptions. It lives for the time of one fan-out; a sink copies
/// what it takes. Its encodings are made once each, by the first sink that asks, for all receivers.
/// </summary>
public sealed class TopicRun
{
    /// <summary>Messages in it.</summary>
    public int Count { get; internal set; }
}
