namespace Nexo.Engine.Topics;

/// <summary>A filter whose messages go to a queue or a stream too.</summary>
public sealed class TopicBinding
{
}
