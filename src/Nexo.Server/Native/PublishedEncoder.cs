using System.Buffers;
using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>Messages of topics in the form of this protocol, which is the same for all who get them.</summary>
internal sealed class PublishedEncoder : ITopicEncoder
{
    public static readonly PublishedEncoder Instance = new();

    public void Write(IBufferWriter<byte> to, in TopicMessage message, bool retained)
    {
        var published = new PublishedMessage
        {
            Flags = retained ? PublishedFlags.Retained : PublishedFlags.None,
            Topic = message.Topic,
            Headers = message.Headers,
            Body = message.Body,
        };
        to.Advance(published.WriteTo(to.GetSpan((int)published.Size)));
    }
}
