using System.Text;

namespace Nexo.Client;

/// <summary>Where messages came from: what they need to be read and answered.</summary>
internal sealed class TopicSource(NexoTopics topics)
{
    public NexoTopics Topics => topics;

    public TopicNames Names { get; } = new();

    public INexoSerializer SerializerOf<T>() => topics.SerializerOf<T>();
}

/// <summary>
/// Topics as text, those that were asked for lately: a subscription gets many messages of few topics. A place is overwritten by
/// whatever falls on it; threads that do so at once harm nobody.
/// </summary>
internal sealed class TopicNames
{
    private const int Places = 256;
    private const int RememberedBytesMax = 256;

    private readonly Name?[] _names = new Name?[Places];

    public string TextOf(ReadOnlySpan<byte> topic)
    {
        if (topic.Length > RememberedBytesMax)
        {
            return Encoding.UTF8.GetString(topic);
        }

        var hash = default(HashCode);
        hash.AddBytes(topic);
        ref Name? place = ref _names[hash.ToHashCode() & (Places - 1)];
        Name? name = place;
        if (name is null || !topic.SequenceEqual(name.Bytes))
        {
            name = new Name(topic.ToArray(), Encoding.UTF8.GetString(topic));
            place = name;
        }

        return name.Text;
    }

    private sealed record Name(byte[] Bytes, string Text);
}
