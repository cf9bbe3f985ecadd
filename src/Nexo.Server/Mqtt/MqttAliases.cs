using Nexo.Engine;

namespace Nexo.Server.Mqtt;

/// <summary>The aliases that a server has given topics on one connection: the first topics have them, for good.</summary>
/// <param name="max">How many the client takes.</param>
internal sealed class MqttAliases(int max)
{
    private readonly Dictionary<byte[], ushort> _aliases = new(BytesComparer.Instance);

    /// <summary>The alias of a topic; 0: it has none, and gets none.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="isNew">It has it from now on: this time the topic itself is told too.</param>
    public ushort Of(ReadOnlySpan<byte> topic, out bool isNew)
    {
        isNew = false;
        Dictionary<byte[], ushort>.AlternateLookup<ReadOnlySpan<byte>> lookup = _aliases.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(topic, out ushort alias) || _aliases.Count == max)
        {
            return alias;
        }

        isNew = true;
        alias = (ushort)(_aliases.Count + 1);
        _aliases.Add(topic.ToArray(), alias);
        return alias;
    }
}
