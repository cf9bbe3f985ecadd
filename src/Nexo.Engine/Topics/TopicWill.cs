namespace Nexo.Engine.Topics;

/// <summary>A message for when a connection is lost, with bytes of its own.</summary>
internal sealed class TopicWill(TopicOwner owner, byte[]? session, long delayMs, in TopicMessage message)
{
    private readonly byte[] _topic = message.Topic.ToArray();
    private readonly byte[] _headers = message.Headers.ToArray();
    private readonly byte[] _body = message.Body.ToArray();
    private readonly bool _retain = message.Retain;
    private readonly long? _ttlMs = message.TtlMs;
    private readonly TopicQos _qos = message.Qos;

    public TopicOwner Owner { get; } = owner;

    /// <summary>User and session; null: it has none, and nobody comes back for it.</summary>
    public byte[]? Session { get; } = session;

    public long DelayMs { get; } = delayMs;

    public int Bytes { get; } = BytesOf(message);

    /// <summary>When it is published, on the engine's clock, and a number that tells it from others of the same moment.</summary>
    public (long AtMs, long Number) Due { get; set; }

    /// <summary>Its connection is lost, and its delay is not over yet.</summary>
    public bool IsWaiting { get; set; }

    public TopicMessage Message => new()
    {
        Topic = _topic,
        Headers = _headers,
        Body = _body,
        Retain = _retain,
        TtlMs = _ttlMs,
        Qos = _qos,
        Publisher = Owner.StandsFor,
    };

    public static int BytesOf(in TopicMessage message) =>
        message.Topic.Length + message.Headers.Length + message.Body.Length;
}
