using System.Text;
using Nexo.Protocol;

namespace Nexo.Crash.Topics;

/// <summary>Names of what the ledger of topics keeps track of.</summary>
internal static class TopicSlots
{
    /// <summary>What is published below goes to the queues.</summary>
    public const string BoundPrefix = "bound/";

    /// <summary>The names of the queues that are fed, in the order of the bindings' names.</summary>
    public static IReadOnlyList<string> Queues { get; } = ["fed", "grouped"];

    public static string Retained(string topic) => $"topic {topic}";

    public static string Binding(string name) => $"binding {name}";

    public static string Queued(string queue, ulong number) => $"message {number:x} in {queue}";

    public static string Describe(string filter, string target) => $"{filter} to {target}";

    public static void WriteBinding(FrameBuffer buffer, string name, string filter, string queue, bool keyByTopic)
    {
        new BindingSetRequest
        {
            Kind = BindingTarget.Queue,
            Name = Encoding.UTF8.GetBytes(name),
            Filter = Encoding.UTF8.GetBytes(filter),
            Target = Encoding.UTF8.GetBytes(queue),
        }.WriteStart(buffer);
        BindingOptionFields.WriteKeyByTopic(buffer, keyByTopic);
    }
}
