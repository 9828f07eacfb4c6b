/** The version whose replies are imitated: clients choose their commands by it. */
export const SERVER_VERSION = "7.0.15";
