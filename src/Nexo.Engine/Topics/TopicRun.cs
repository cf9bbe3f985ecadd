namespace Nexo.Engine.Topics;

/// <summary>
/// Neighbouring messages of one publisher that go to the same subscriptions. It lives for the time of one fan-out; a sink copies
/// what it takes. Its encodings are made once each, by the first sink that asks, for all receivers.
/// </summary>
public sealed class TopicRun
{
    private readonly TopicBuffer _messages;
    private EncodedRun[] _encodings = [];
    private int _encodingCount;
    private int _from;

    internal TopicRun(TopicBuffer messages) => _messages = messages;

    /// <summary>Messages in it; at least one.</summary>
    public int Count { get; private set; }

    /// <summary>The shared group that it is given for; null: it comes by filters that are the subscription's own.</summary>
    public TopicGroup? Share { get; private set; }

    /// <summary>Last values that were there before the subscription.</summary>
    public bool IsRetained { get; private set; }

    /// <summary>What its sinks make once for all of them; disposed of when the run is over.</summary>
    public IDisposable? Shared { get; set; }

    /// <summary>One of its messages; the bytes are the run's.</summary>
    public TopicMessage this[int index] => _messages.Read(_from + index);

    /// <summary>All its messages in the form of an encoder, which is asked for each of them once.</summary>
    public TopicEncoding Encoded(ITopicEncoder encoder)
    {
        for (int i = 0; i < _encodingCount; i++)
        {
            if (ReferenceEquals(_encodings[i].Encoder, encoder))
            {
                return _encodings[i].Read();
            }
        }

        return Encode(encoder);
    }

    /// <summary>Becomes a run of other messages of its buffer.</summary>
    internal void Begin(int from, int count, TopicGroup? share = null, bool isRetained = false)
    {
        _from = from;
        _encodingCount = 0;
        EndShared();
        Count = count;
        Share = share;
        IsRetained = isRetained;
    }

    /// <summary>Gives the memory of its encodings back.</summary>
    internal void Release()
    {
        _encodingCount = 0;
        EndShared();
        foreach (EncodedRun encoding in _encodings)
        {
            encoding.Release();
        }
    }

    private void EndShared()
    {
        Shared?.Dispose();
        Shared = null;
    }

    private TopicEncoding Encode(ITopicEncoder encoder)
    {
        if (_encodingCount == _encodings.Length)
        {
            Array.Resize(ref _encodings, _encodingCount + 1);
            _encodings[_encodingCount] = new EncodedRun();
        }

        EncodedRun encoding = _encodings[_encodingCount++];
        encoding.Begin(encoder, Count);
        for (int i = 0; i < Count; i++)
        {
            TopicMessage message = this[i];
            encoding.Add(in message, IsRetained);
        }

        return encoding.Read();
    }
}
