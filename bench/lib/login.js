'use strict';
// Who logs in to the servers under measure.

module.exports = { PASSWORD: 'tanstaaftanstaaf', USER: 'tim' };
